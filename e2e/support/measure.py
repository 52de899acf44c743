"""One run with its peak memory, taken from the kernel's account of that very child."""
import os
import sys
import threading
import time

from .run import BINARY, Result, environment, holds_for_every_run


def measured(*args, cwd=None, env=None, timeout=60):
    """Like `swath`, with `peak_mib`; kills the run after `timeout` seconds."""
    argv = [str(BINARY), *map(str, args)]
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out_write, 1)
            os.dup2(err_write, 2)
            if cwd:
                os.chdir(cwd)
            os.execve(argv[0], argv, environment(env))
        finally:
            os._exit(127)
    os.close(out_write)
    os.close(err_write)
    texts = {}
    readers = [threading.Thread(target=lambda name=name, fd=fd: texts.update({name: open(fd, "rb").read()})) for name, fd in (("out", out_read), ("err", err_read))]
    for reader in readers:
        reader.start()
    killer = threading.Timer(timeout, lambda: os.kill(pid, 9))
    killer.start()
    _, status, usage = os.wait4(pid, 0)
    killer.cancel()
    seconds = time.monotonic() - started
    for reader in readers:
        reader.join()
    rc = os.waitstatus_to_exitcode(status)
    result = Result(["swath", *argv[1:]], rc, texts["out"].decode(errors="replace"), texts["err"].decode(errors="replace"), seconds, usage.ru_maxrss / 1024)
    assert seconds < timeout, f"killed after {timeout} s\n{result}"
    holds_for_every_run(result)
    return result


assert sys.platform.startswith("linux"), "ru_maxrss is in KiB on Linux only"
