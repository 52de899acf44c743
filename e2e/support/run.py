"""Runs the binary under test and holds what must be true of every run."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import time
from dataclasses import dataclass, field

from .canary import CANARY, CANARY_KEY, CANARY_SAS, RUNS, SECRETS, WATCHED, Leak, seen_in  # noqa: F401

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SWATH_BIN") or pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/swath")

FOREIGN = ("AZURE_", "SWATH_", "AWS_")
# Inherited by every run: a crash leaves no core file.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@dataclass(repr=False)
class Result:
    argv: list
    rc: int
    out: str
    err: str
    seconds: float
    peak_mib: float = field(default=0.0)

    @property
    def text(self):
        return self.out + self.err

    def json(self):
        return json.loads(self.out)

    def events(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def __repr__(self):
        return f"$ {' '.join(map(str, self.argv))}\nexit {self.rc} after {self.seconds:.2f} s\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}"


def environment(extra=None):
    """The caller's environment without its credentials, with canaries; `None` as a value removes a variable.

    The canary key is behind the canary SAS in the order of credentials; a test that says anything of Azure itself is not given it.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    env |= {"AZURE_STORAGE_SAS_TOKEN": CANARY_SAS, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    if not any(k.startswith("AZURE_") for k in extra or {}):
        env["AZURE_STORAGE_KEY"] = CANARY_KEY
    env |= {k: str(v) for k, v in (extra or {}).items() if v is not None}
    for key in [k for k, v in (extra or {}).items() if v is None]:
        env.pop(key, None)
    return env


def swath(*args, cwd=None, env=None, rc=0, timeout=120, memory=None):
    """Runs `swath ARGS`; `rc` is the expected exit code, a set of them, or None for any. `memory` limits bytes allocated."""
    running = start(*args, cwd=cwd, env=env, memory=memory)
    try:
        result = running.end(timeout)
    except subprocess.TimeoutExpired:
        running.process.kill()
        result = running.end(None)
        raise AssertionError(f"still running after {timeout} s\n{result}") from None
    holds_for_every_run(result)
    if rc is not None:
        allowed = rc if isinstance(rc, (set, tuple)) else {rc}
        assert result.rc in allowed, f"expected exit {sorted(allowed)}\n{result}"
    return result


def start(*args, cwd=None, env=None, memory=None):
    """Starts `swath ARGS` and returns at once."""

    limits = memory and (lambda: resource.setrlimit(resource.RLIMIT_DATA, (memory, memory)))
    return Running([str(BINARY), *map(str, args)], cwd, environment(env), limits)


class Running:
    """A run that is not over yet."""

    def __init__(self, argv, cwd, env, limits):
        self.argv, self.began, self.clock = argv, time.time(), time.monotonic()
        self.process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limits)
        WATCHED.begin(self.process.pid, argv)

    def end(self, timeout=120):
        """Waits for the end and returns the Result, whose `rc` is negative where a signal ended it."""
        out, err = self.process.communicate(timeout=timeout)
        seconds = time.monotonic() - self.clock
        RUNS.add(self.began, time.time())
        WATCHED.end(self.process.pid)
        result = Result(["swath", *self.argv[1:]], self.process.returncode, out.decode(errors="replace"), err.decode(errors="replace"), seconds)
        keeps_secrets(result)
        return result


def holds_for_every_run(result):
    assert result.rc != 101 and "panicked at" not in result.err, f"a panic\n{result}"
    assert result.rc >= 0, f"ended by signal {signal.Signals(-result.rc).name}\n{result}"
    keeps_secrets(result)


def keeps_secrets(result):
    if found := seen_in(result.text):
        raise Leak(f"{found} in the output of {' '.join(result.argv[:2])}")
