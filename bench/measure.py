"""One command, measured by the kernel: wall and processor seconds, peak memory."""
import json
import os
import subprocess
import time


def run(argv):
    started = time.perf_counter()
    process = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = process.stdout.read()
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, argv))}\nexit {process.returncode}\n{error.decode()}")
    row = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}
    last = out.decode(errors="replace").strip().splitlines()[-1:]
    if last and last[0].startswith("{"):
        row |= json.loads(last[0])
    return row


def total(rows):
    """Several commands one after another as one."""
    return {"wall": sum(r["wall"] for r in rows), "cpu": sum(r["cpu"] for r in rows), "peak_mib": max(r["peak_mib"] for r in rows)}
