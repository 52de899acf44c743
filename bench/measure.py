"""One command, measured: wall seconds, processor seconds and peak memory as the kernel tells them."""
import json
import os
import subprocess
import tempfile
import time


def high_water_mib(pid):
    """VmHWM of the program that runs now. The final account of a child begins with its parent's memory, so it is of no use here."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def run(argv, env=None, cwd=None):
    argv = [str(word) for word in argv]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, cwd=cwd)
        peak, ended = 0, 0
        while not ended:
            peak = max(peak, high_water_mib(process.pid))
            time.sleep(0.004)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(argv)}\nexit {process.returncode}\n{err.read().decode(errors='replace')}")
        last = out.read().decode(errors="replace").strip().splitlines()[-1:]
    row = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mib": peak}
    if last and last[0].startswith("{"):
        row |= json.loads(last[0])
    return row


def total(rows):
    """Several commands one after another as one."""
    return {"wall": sum(r["wall"] for r in rows), "cpu": sum(r["cpu"] for r in rows), "peak_mib": max(r["peak_mib"] for r in rows)}
