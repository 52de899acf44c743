"""Folder of tiles -> COGs: swath against rio-cogeo and the GDAL COG driver.

    convert.py [--rounds 5] [--tiles 3] [--name convert]

Every round runs all peers in turn, so that a busy machine disturbs them alike. The first round is checked: all outputs must hold
the same pixels. Leaves bench/runs/YYYY-MM-DD-convert/ with the commands, the versions, every row, and a table of medians.
"""
import argparse
import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

import rasterio

from measure import run, total
from tiles import generate

HERE = pathlib.Path(__file__).resolve().parent
SWATH = pathlib.Path(os.environ["SWATH_BIN"])
RIO = pathlib.Path(sys.executable).with_name("rio")
THREADS = str(os.cpu_count())

# Codec, level, whether a predictor: the same for all three.
SAME = {"lzw": ("LZW", None), "deflate": ("DEFLATE", 6), "zstd": ("ZSTD", 9)}


def swath_once(tiles, out, *flags):
    return [[SWATH, "-q", "cog", *flags, "--out-dir", out, *tiles]]


def rio_each(tiles, out, *flags):
    return [[RIO, "cogeo", "create", "-q", *flags, tile, out / tile.name] for tile in tiles]


def gdal_once(tiles, out, *options):
    return [[sys.executable, HERE / "gdal_cog.py", out, f"NUM_THREADS={THREADS}", *options, "--", *tiles]]


def commands(case, dtype, tiles, out):
    """Peer -> the commands that convert all tiles."""
    if case == "defaults":
        return {"swath": swath_once(tiles, out), "rio-cogeo": rio_each(tiles, out), "gdal": gdal_once(tiles, out)}
    name, level = SAME[case]
    predictor = "3" if dtype.startswith("float") else "2"
    option = {"deflate": [f"--co=ZLEVEL={level}"], "zstd": [f"--co=ZSTD_LEVEL={level}"], "lzw": []}[case]
    rio = ["-p", case, "--blocksize", "512", "--overview-resampling", "average", f"--co=PREDICTOR={predictor}", *option]
    ours = ["-p", case, "--blocksize", "512", "--overview-resampling", "average", "--co=PREDICTOR=YES", *([f"--co=LEVEL={level}"] if level else [])]
    gdal = [f"COMPRESS={name}", "PREDICTOR=YES", "BLOCKSIZE=512", "OVERVIEW_RESAMPLING=AVERAGE", *([f"LEVEL={level}"] if level else [])]
    return {"swath": swath_once(tiles, out, *ours), "rio-cogeo": rio_each(tiles, out, *rio), "gdal": gdal_once(tiles, out, *gdal)}


def pixels(folder):
    found = {}
    for path in sorted(folder.glob("*.tif")):
        with rasterio.open(path) as dataset:
            found[path.name] = hashlib.sha256(dataset.read().tobytes()).hexdigest()
    return found


def measure(case, dtype, tiles, work, rounds, write):
    raw = sum(t.stat().st_size for t in tiles)
    expected = pixels(tiles[0].parent)
    expected = {t.name: expected[t.name] for t in tiles}
    for number in range(rounds):
        peers = list(commands(case, dtype, tiles, work / "out"))
        for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
            out = work / "out" / peer
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir(parents=True)
            rows = [run(argv) for argv in commands(case, dtype, tiles, out)[peer]]
            row = rows[0] if len(rows) == 1 else total(rows)
            if number == 0 and pixels(out) != expected:
                raise SystemExit(f"{peer} {case} {dtype}: pixels differ from the raw tiles")
            size = sum(p.stat().st_size for p in out.glob("*.tif"))
            write({"case": case, "dtype": dtype, "peer": peer, "round": number, "raw": raw, "size": size, "load": os.getloadavg()[0], **row})


def versions():
    ours = subprocess.run([SWATH, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True).stdout.strip()
    return {
        "swath": f"{ours} ({commit})",
        "rio-cogeo": importlib.metadata.version("rio-cogeo"),
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
        "python": platform.python_version(),
        "machine": f"{THREADS} cores, {model}, {platform.release()}",
    }


def table(rows):
    groups = {}
    for row in rows:
        groups.setdefault((row["case"], row["dtype"]), {}).setdefault(row["peer"], []).append(row)
    lines = ["| case | tiles | peer | wall s | processor s | peak MiB | size MB | swath is faster by |", "|---|---|---|---|---|---|---|---|"]
    for (case, dtype), peers in groups.items():
        middle = {peer: {k: statistics.median(r[k] for r in rs) for k in ("wall", "cpu", "peak_mib", "size")} for peer, rs in peers.items()}
        for peer, m in middle.items():
            ratio = "" if peer == "swath" else f"{m['wall'] / middle['swath']['wall']:.1f}"
            lines.append(f"| {case} | {dtype} | {peer} | {m['wall']:.2f} | {m['cpu']:.2f} | {m['peak_mib']:.0f} | {m['size'] / 1e6:.1f} | {ratio} |")
    return "\n".join(lines)


README = """# {title}

{versions}

{table}

Medians of {rounds} rounds, peers in turn within each round; {tiles} tiles of 3000 x 3000 in a row, from page cache to page cache. `swath cog` and
`rio cogeo create` are started once per tile; the GDAL COG driver runs in one process for all tiles, {threads} threads, its interpreter's start included.
`defaults` leaves codec, level, predictor and overviews to each tool, so sizes are part of that comparison; the other cases ask all three for one codec,
level, predictor, block size and average overviews. swath also computes statistics and sha256 while it converts; the peers do not.
Load of the machine at each run is in rows.jsonl.

What this does not show: large files, slow disks, masks, other kinds of pixels.

    make bench
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tiles", type=int, default=3)
    parser.add_argument("--name", default="convert")
    a = parser.parse_args()
    folder = HERE / "runs" / f"{datetime.date.today()}-{a.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = []

    def write(row):
        rows.append(row)
        with open(folder / "rows.jsonl", "a") as f:
            f.write(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}) + "\n")
        print(f"{row['case']:9} {row['dtype']:8} {row['peer']:10} {row['wall']:7.2f} s {row['cpu']:7.2f} s {row['peak_mib']:6.0f} MiB {row['size'] / 1e6:7.1f} MB", flush=True)

    with tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        work = pathlib.Path(work)
        (work / "raw").mkdir()
        for dtype in ("uint16", "float32"):
            tiles = generate(work / "raw", dtype, a.tiles)
            for case in ("defaults", *SAME):
                measure(case, dtype, tiles, work, a.rounds, write)
        example = {case: {peer: [" ".join(str(w).replace(str(work), "WORK").replace(str(HERE.parent), ".") for w in argv) for argv in cmds[:1]] for peer, cmds in commands(case, "float32", tiles, work / "out").items()} for case in ("defaults", *SAME)}
    who = versions()
    (folder / "commands.json").write_text(json.dumps({"versions": who, "commands": example}, indent=1).replace(str(SWATH), "swath").replace(sys.prefix, "VENV") + "\n")
    text = README.format(title=f"{datetime.date.today()} {a.name}", versions="\n".join(f"- {k}: {v}" for k, v in who.items()), table=table(rows), rounds=a.rounds, tiles=a.tiles, threads=THREADS)
    (folder / "README.md").write_text(text)
    print(f"\n{table(rows)}\n\n{folder}")


if __name__ == "__main__":
    main()
