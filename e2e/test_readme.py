"""The README's first commands, typed in their order: each says what the README shows."""
import re
import shlex
import subprocess

from support.run import BINARY, ROOT, environment

CUBE = "sentinel2_cube_subset_romania_20m.nc"


def sessions():
    """Each command of the README's console blocks with the lines it shows."""
    commands = []
    for block in re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif line.strip():
                commands[-1][1].append(line)
    return commands


def steady(text):
    """Without what differs from run to run: seconds, and the length of documents with times in them."""
    return re.sub(r"(requests, )[\d.]+ \w+", r"\1*", re.sub(r"\d+\.\d+ s\b", "* s", text))


def test_the_five_minutes_of_the_readme_are_as_shown(shared, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / CUBE).write_bytes((shared / "data/sentinel2_romania" / CUBE).read_bytes())
    commands = sessions()
    assert len(commands) >= 6
    for command, shown in commands:
        words = shlex.split(command)
        assert words[0] == "swath"
        run = subprocess.run([BINARY, *words[1:]], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), check=False)
        assert run.returncode == 0, (command, run.stdout)
        said = iter(steady(run.stdout).splitlines())
        for line in shown:
            assert steady(line) in said, f"$ {command}\nthe README shows, and it does not say (in this order):\n{line}\n--- it says\n{run.stdout}"
    for file in ("found.json", "summer.png"):
        assert (tmp_path / file).stat().st_size > 1000
