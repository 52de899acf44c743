#!/usr/bin/env python3
"""docs/status/fuzz.md from the logs of `make fuzz`: scripts/fuzz_status.py fuzz/logs > docs/status/fuzz.md"""
import pathlib
import re
import sys

HEAD = """# Fuzzing

Written by `scripts/fuzz_status.py` from the logs of `make fuzz`: libFuzzer with the address sanitizer, debug assertions on, inputs of
at most 16 KiB. Crashes are mended and kept in `crates/swath-raster/fixtures/crashes`.

| target | seconds | executions | crashes |
|---|---:|---:|---:|"""


def row(log):
    text = log.read_text(errors="replace")
    done = re.findall(r"Done (\d+) runs in (\d+) second", text)
    counts = re.findall(r"^#(\d+)", text, re.M)
    crashes = len(re.findall(r"^artifact_prefix=.*Test unit written to", text, re.M))
    runs, seconds = (done[-1] if done else (counts[-1] if counts else "0", "not ended"))
    return f"| {log.stem} | {seconds} | {runs} | {crashes} |"


def main():
    logs = sorted(pathlib.Path(sys.argv[1]).glob("*.log"))
    print(HEAD)
    print("\n".join(row(log) for log in logs))


if __name__ == "__main__":
    main()
