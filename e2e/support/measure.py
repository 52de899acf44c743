"""One run with its peak memory, read from the kernel while it runs.

The kernel's final account of a child (`ru_maxrss`) begins with what its parent had at the fork, so it is of no use in a test runner.
"""
import subprocess
import threading
import time

from .run import RUNS, WATCHED, BINARY, Result, environment, holds_for_every_run


def high_water_mib(pid):
    """VmHWM: the peak of the program that runs now; None when it has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), None)
    except (FileNotFoundError, ProcessLookupError):
        return None


def measured(*args, cwd=None, env=None, timeout=60):
    """Like `swath`, with `peak_mib` and any exit code; kills the run after `timeout` seconds."""
    argv = [str(BINARY), *map(str, args)]
    texts, peak = {}, 0.0
    started = time.monotonic()
    process = subprocess.Popen(argv, cwd=cwd, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    began = time.time()
    WATCHED.begin(process.pid, argv)
    streams = {"out": process.stdout, "err": process.stderr}
    readers = [threading.Thread(target=lambda name=name, stream=stream: texts.update({name: stream.read()})) for name, stream in streams.items()]
    for reader in readers:
        reader.start()
    while process.poll() is None:
        peak = high_water_mib(process.pid) or peak
        if time.monotonic() - started > timeout:
            process.kill()
        time.sleep(0.002)
    seconds = time.monotonic() - started
    RUNS.add(began, time.time())
    WATCHED.end(process.pid)
    for reader, stream in zip(readers, streams.values()):
        reader.join()
        stream.close()
    out, err = (texts[name].decode(errors="replace") for name in ("out", "err"))
    result = Result(["swath", *argv[1:]], process.returncode, out, err, seconds, peak)
    assert seconds < timeout, f"killed after {timeout} s\n{result}"
    holds_for_every_run(result)
    return result
