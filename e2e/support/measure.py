"""One run with its peak memory, taken from the kernel's account of that very child."""
import os
import subprocess
import threading
import time

from .run import BINARY, Result, environment, holds_for_every_run


def measured(*args, cwd=None, env=None, timeout=60):
    """Like `swath`, with `peak_mib` and any exit code; kills the run after `timeout` seconds."""
    argv = [str(BINARY), *map(str, args)]
    texts = {}
    started = time.monotonic()
    process = subprocess.Popen(argv, cwd=cwd, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    streams = {"out": process.stdout, "err": process.stderr}
    readers = [threading.Thread(target=lambda name=name, stream=stream: texts.update({name: stream.read()})) for name, stream in streams.items()]
    for reader in readers:
        reader.start()
    killer = threading.Timer(timeout, process.kill)
    killer.start()
    _, status, usage = os.wait4(process.pid, 0)
    killer.cancel()
    seconds = time.monotonic() - started
    for reader, stream in zip(readers, streams.values()):
        reader.join()
        stream.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    out, err = (texts[name].decode(errors="replace") for name in ("out", "err"))
    result = Result(["swath", *argv[1:]], process.returncode, out, err, seconds, usage.ru_maxrss / 1024)
    assert seconds < timeout, f"killed after {timeout} s\n{result}"
    holds_for_every_run(result)
    return result
