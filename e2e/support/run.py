"""Runs the binary under test and holds what must be true of every run."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import time
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SWATH_BIN") or pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/swath")

CANARY = "CANARYcanaryCANARYcanaryCANARYcanaryCANARY4="
CANARY_SAS = f"sv=2024-11-04&ss=b&srt=co&sp=rl&se=2099-01-01T00:00:00Z&sig={CANARY.replace('=', '%3D')}"
#: Every secret that some test handed to the binary; none may be seen in any output.
SECRETS = {CANARY, CANARY.replace("=", "%3D")}
FOREIGN = ("AZURE_", "SWATH_", "AWS_")


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
    """The caller's environment without its credentials, with a canary; `None` as a value removes a variable."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    env |= {"AZURE_STORAGE_SAS_TOKEN": CANARY_SAS, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    env |= {k: str(v) for k, v in (extra or {}).items() if v is not None}
    for key in [k for k, v in (extra or {}).items() if v is None]:
        env.pop(key, None)
    return env


def swath(*args, cwd=None, env=None, rc=0, timeout=120, memory=None):
    """Runs `swath ARGS`; `rc` is the expected exit code, a set of them, or None for any. `memory` limits bytes allocated."""
    argv = [str(BINARY), *map(str, args)]

    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

    started = time.monotonic()
    with subprocess.Popen(argv, cwd=cwd, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limits) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"$ {' '.join(argv)}\nstill running after {timeout} s\n{err.decode(errors='replace')[-2000:]}") from None
    result = Result(argv[1:], process.returncode, out.decode(errors="replace"), err.decode(errors="replace"), time.monotonic() - started)
    result.argv.insert(0, "swath")
    holds_for_every_run(result)
    if rc is not None:
        allowed = rc if isinstance(rc, (set, tuple)) else {rc}
        assert result.rc in allowed, f"expected exit {sorted(allowed)}\n{result}"
    return result


def holds_for_every_run(result):
    assert result.rc != 101 and "panicked at" not in result.err, f"a panic\n{result}"
    assert result.rc >= 0, f"ended by signal {signal.Signals(-result.rc).name}\n{result}"
    for secret in SECRETS:
        assert secret not in result.text, f"a secret in the output\n{result}"
