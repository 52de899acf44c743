"""Blocks of a COG decoded per second on one core, from page cache: swath against GDAL.

    decode.py [--rounds 5] [--seconds 1]
Files are written by GDAL, 512 x 512 blocks. GDAL opens the file anew for every pass, so that its block cache does not answer; swath's
example `blocks` decodes block by block. Leaves bench/runs/YYYY-MM-DD-decode/.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import rasterio
import rasterio.shutil

from report import Run
from tiles import generate

BLOCKS = pathlib.Path(os.environ["SWATH_BIN"]).parent / "examples" / "blocks"
PEER = """
import json, sys, time
import rasterio
import rasterio.shutil
file, seconds = sys.argv[1], float(sys.argv[2])
with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=64):
    blocks, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        with rasterio.open(file) as dataset:
            dataset.read()
            blocks += -(-dataset.width // 512) * -(-dataset.height // 512)
    print(json.dumps({"blocks_per_second": blocks / (time.perf_counter() - started)}))
"""
CASES = [(dtype, codec) for dtype in ("uint16", "float32") for codec in ("NONE", "LZW", "DEFLATE", "ZSTD", "LERC")]
CASES += [("uint8", codec) for codec in ("LZW", "DEFLATE", "ZSTD", "LERC", "JPEG", "WEBP")]


def prepare(folder, dtype, codec):
    """A COG by GDAL; uint8 is a picture of three bands."""
    path = folder / f"{dtype}-{codec}.tif"
    with rasterio.open(generate(folder, dtype, 1)[0]) as source:
        options = {"PREDICTOR": "YES"} if codec in ("LZW", "DEFLATE", "ZSTD") else {}
        rasterio.shutil.copy(source, path, driver="COG", COMPRESS=codec, OVERVIEWS="NONE", BLOCKSIZE=512, **options)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    a = parser.parse_args()
    one_core = ["taskset", "-c", "0"]
    with Run("decode") as run, tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        for dtype, codec in CASES:
            path = prepare(pathlib.Path(work), dtype, codec)
            peers = {"swath": [BLOCKS, "decode", path, str(a.seconds)], "gdal": [sys.executable, "-c", PEER, path, str(a.seconds)]}
            for number in range(a.rounds):
                for peer, argv in sorted(peers.items(), reverse=number % 2 == 1):
                    out = subprocess.run([*one_core, *map(str, argv)], capture_output=True, text=True, check=True).stdout
                    run.row({"case": codec.lower(), "dtype": dtype, "peer": peer, "round": number, **json.loads(out)})
        lines = ["| codec | pixels | swath blocks/s | GDAL blocks/s | ratio |", "|---|---|---|---|---|"]
        for dtype, codec in CASES:
            middle = {p: statistics.median(r["blocks_per_second"] for r in run.of(case=codec.lower(), dtype=dtype, peer=p)) for p in ("swath", "gdal")}
            lines.append(f"| {codec.lower()} | {dtype} | {middle['swath']:.0f} | {middle['gdal']:.0f} | {middle['swath'] / middle['gdal']:.2f} |")
        run.finish("\n".join(lines), f"Medians of {a.rounds} rounds of {a.seconds} s each, in turn, on one core. {__doc__.split('.')[0].strip()}.\n\n    {one_core[0]} -c 0 blocks decode FILE SECONDS")


if __name__ == "__main__":
    main()
