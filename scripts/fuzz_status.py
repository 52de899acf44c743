#!/usr/bin/env python3
"""docs/status/fuzz.md from the logs of `make fuzz`: scripts/fuzz_status.py fuzz/logs [NOTE] > docs/status/fuzz.md"""
import pathlib
import re
import sys

FIXTURES = pathlib.Path(__file__).parent.parent / "crates/swath-raster/fixtures/crashes/README.md"
HEAD = """# Fuzzing

Written by `scripts/fuzz_status.py` from the logs of `make fuzz`: libFuzzer with the address sanitizer, debug assertions on, inputs of
at most 16 KiB, 256 MiB for one allocation, 2 GiB in all. `{}`.

| target | runs | seconds, longest whole run | CPU seconds | executions | coverage, edges | features | found |
|---|---:|---:|---:|---:|---:|---:|---|"""


class Run:
    """One log: what libFuzzer counted, to the end or to a crash."""

    def __init__(self, log):
        self.target, text = log.name.split(".")[0], log.read_text(errors="replace")
        done = re.findall(r"^Done (\d+) runs in (\d+) second", text, re.M)
        counts = [int(n) for n in re.findall(r"^#(\d+)", text, re.M)]
        self.executions = int(done[-1][0]) if done else max(counts, default=0)
        self.whole = int(done[-1][1]) if done else 0
        covered = re.findall(r"cov: (\d+) ft: (\d+)", text)
        self.edges, self.features = map(int, covered[-1]) if covered else (0, 0)
        self.cpu = sum(float(n) for pair in re.findall(r"^cpu: ([\d.]+) ([\d.]+)", text, re.M) for n in pair)
        self.found = re.findall(r"Test unit written to \S*?(crash|oom|timeout|slow-unit)-", text)
        self.versions = re.search(r"^versions: (.*)", text, re.M)


def row(target, runs):
    found = [kind for run in runs for kind in run.found if kind != "slow-unit"]
    kinds = ", ".join(f"{found.count(kind)} {kind}" for kind in sorted(set(found))) or "nothing"
    total = {name: sum(getattr(run, name) for run in runs) for name in ("cpu", "executions")}
    best = {name: max(getattr(run, name) for run in runs) for name in ("whole", "edges", "features")}
    return f"| {target} | {len(runs)} | {best['whole']} | {total['cpu']:.0f} | {total['executions']} | {best['edges']} | {best['features']} | {kinds} |"


def main():
    runs = [Run(log) for log in sorted(pathlib.Path(sys.argv[1]).glob("*.log"))]
    versions = sorted({run.versions[1] for run in runs if run.versions})
    print(HEAD.format("`; `".join(versions)))
    for target in sorted({run.target for run in runs}):
        print(row(target, [run for run in runs if run.target == target]))
    for note in sys.argv[2:]:
        print(f"\n{note}")
    print(f"\nWhat is found is mended and kept in `crates/swath-raster/fixtures/crashes`. {FIXTURES.read_text().split('## The files')[-1].strip()}")


if __name__ == "__main__":
    main()
