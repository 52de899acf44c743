"""The first thing a person types."""
import re
import subprocess
import time

import pytest

from support.run import BINARY, environment


def commands():
    if not BINARY.is_file():
        return []
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    block = text.split("Commands:")[1].split("\n\n")[0]
    return [word for word in re.findall(r"^  (\w+)", block, re.M) if word != "help"]


def test_the_commands_of_the_first_version_are_there():
    assert {"init", "plan", "build", "check", "publish", "search", "stack", "info", "cog", "account"} <= set(commands())


@pytest.mark.parametrize("command", commands())
def test_every_command_shows_an_example(swath, command):
    text = swath(command, "--help").out
    assert "Example" in text and f"swath {command}" in text.split("Example")[1], text


def test_help_is_there_in_20_ms():
    times = []
    for _ in range(21):
        started = time.perf_counter()
        subprocess.run([BINARY, "--help"], stdout=subprocess.DEVNULL, env=environment(), check=True)
        times.append(time.perf_counter() - started)
    # The quickest: a machine that does other work only makes it longer.
    assert min(times) < 0.020, f"{min(times) * 1000:.1f} ms"


def test_an_unknown_command_is_usage_with_a_guess(swath):
    result = swath("serach", rc=2)
    assert "search" in result.err


def test_the_version_is_told(swath):
    assert re.fullmatch(r"swath \d+\.\d+\.\d+\n", swath("--version").out)
