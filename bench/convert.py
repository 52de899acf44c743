"""Folder of tiles -> COGs: swath against rio-cogeo and the GDAL COG driver.

    convert.py [--rounds 5] [--tiles 24] [--every] [--name convert]

Every round runs all peers in turn, so that a busy machine disturbs them alike. The first round is checked: all outputs must hold
the same pixels. Leaves bench/runs/YYYY-MM-DD-convert/ with the commands, the versions, every row, and a table of medians.
"""
import argparse
import hashlib
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import rasterio

from measure import run, total
from report import Run
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


def commands(case, dtype, tiles, out, every=True):
    """Peer -> the commands that convert all tiles; rio-cogeo, which is slow, with its defaults only unless `every` is said."""
    if case == "defaults":
        return {"swath": swath_once(tiles, out), "rio-cogeo": rio_each(tiles, out), "gdal": gdal_once(tiles, out)}
    name, level = SAME[case]
    predictor = "3" if dtype.startswith("float") else "2"
    option = {"deflate": [f"--co=ZLEVEL={level}"], "zstd": [f"--co=ZSTD_LEVEL={level}"], "lzw": []}[case]
    rio = ["-p", case, "--blocksize", "512", "--overview-resampling", "average", f"--co=PREDICTOR={predictor}", *option]
    ours = ["-p", case, "--blocksize", "512", "--overview-resampling", "average", "--co=PREDICTOR=YES", *([f"--co=LEVEL={level}"] if level else [])]
    gdal = [f"COMPRESS={name}", "PREDICTOR=YES", "BLOCKSIZE=512", "OVERVIEW_RESAMPLING=AVERAGE", *([f"LEVEL={level}"] if level else [])]
    peers = {"swath": swath_once(tiles, out, *ours), "rio-cogeo": rio_each(tiles, out, *rio), "gdal": gdal_once(tiles, out, *gdal)}
    return peers if every else {peer: argvs for peer, argvs in peers.items() if peer != "rio-cogeo"}


def pixels(folder):
    found = {}
    for path in sorted(folder.glob("*.tif")):
        with rasterio.open(path) as dataset:
            found[path.name] = hashlib.sha256(dataset.read().tobytes()).hexdigest()
    return found


def measure(case, dtype, tiles, work, a, write):
    raw = sum(t.stat().st_size for t in tiles)
    expected = pixels(tiles[0].parent)
    expected = {t.name: expected[t.name] for t in tiles}
    for number in range(a.rounds):
        peers = list(commands(case, dtype, tiles, work / "out", a.every))
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


TEXT = """Medians of {rounds} rounds, peers in turn within each round; {tiles} tiles of 3000 x 3000, from page cache to page cache. `swath cog --out-dir` and the GDAL
COG driver each run in one process for all tiles, on all cores, the start included (of Python too); `rio cogeo create` is started once per tile. `defaults`
leaves codec, level, predictor and overviews to each tool, so sizes are part of that comparison; the other cases ask all three for one codec, level, predictor,
block size and average overviews. swath also computes statistics and sha256 and syncs every file to the disk; the peers do not. In the first round every
peer's pixels are compared with the raw tiles'. The load of the machine at each run is in rows.jsonl.

What this does not show: large files, slow disks, masks, other kinds of pixels.

    make bench

{commands}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tiles", type=int, default=24)
    parser.add_argument("--name", default="convert")
    parser.add_argument("--every", action="store_true", help="rio-cogeo also with each codec")
    a = parser.parse_args()
    with Run(a.name) as bench, tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        work = pathlib.Path(work)
        (work / "raw").mkdir()
        shown = []
        for dtype in ("uint16", "float32"):
            tiles = generate(work / "raw", dtype, a.tiles)
            for case in ("defaults", *SAME):
                measure(case, dtype, tiles, work, a, bench.row)
                for argvs in commands(case, dtype, tiles[:1], work / "out", a.every).values():
                    line = " ".join(str(word) for word in argvs[0])
                    for path, name in ((work, "WORK"), (HERE.parent, "."), (SWATH.parent, ""), (pathlib.Path(sys.prefix) / "bin", "")):
                        line = line.replace(f"{path}/" if not name else str(path), name)
                    shown.append(f"    {line}")
        bench.finish(table(bench.rows), TEXT.format(rounds=a.rounds, tiles=a.tiles, commands="\n".join(shown)))


if __name__ == "__main__":
    main()
