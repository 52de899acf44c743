"""One large image to a COG: swath against the GDAL COG driver, and against the codec alone.

    large.py [--rounds 3] [--float-side 16000] [--rgb-side 20000]

A row has wall and processor seconds, peak memory and size. The codec alone is the example `blocks`: it compresses the very blocks of swath's output
again, on all cores, from memory to memory. Leaves bench/runs/YYYY-MM-DD-large/.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from measure import run
from report import Run
from tiles import generate

HERE = pathlib.Path(__file__).resolve().parent
SWATH = pathlib.Path(os.environ["SWATH_BIN"])
BLOCKS = SWATH.parent / "examples" / "blocks"
DEFLATE = {"swath": ["-p", "deflate", "--overview-resampling", "average"], "gdal": ["COMPRESS=DEFLATE", "PREDICTOR=YES", "OVERVIEW_RESAMPLING=AVERAGE"]}
# What swath takes of itself: the level to time the codec at.
CASES = {"defaults": ({"swath": [], "gdal": []}, 2), "deflate": (DEFLATE, 6)}


def commands(flags, image, out):
    return {
        "swath": [SWATH, "-q", "cog", "--overwrite", *flags["swath"], image, out / "swath.tif"],
        "gdal": [sys.executable, HERE / "gdal_cog.py", out, "NUM_THREADS=ALL_CPUS", *flags["gdal"], "--", image],
    }


def codec_alone(path, level):
    out = subprocess.run([BLOCKS, "encode", path, str(level)], capture_output=True, text=True, check=True).stdout
    return json.loads(out)["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--float-side", type=int, default=16000)
    parser.add_argument("--rgb-side", type=int, default=20000)
    a = parser.parse_args()
    images = {"float32": a.float_side, "uint8": a.rgb_side}
    with Run("large") as bench, tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        work = pathlib.Path(work)
        (work / "out").mkdir()
        for dtype, side in images.items():
            image = generate(work, dtype, 1, side)[0]
            for case, (flags, level) in CASES.items():
                for number in range(a.rounds):
                    for peer, argv in sorted(commands(flags, image, work / "out").items(), reverse=number % 2 == 1):
                        row = run(argv)
                        path = work / "out" / ("swath.tif" if peer == "swath" else image.name)
                        bench.row({"case": case, "dtype": dtype, "side": side, "peer": peer, "round": number, "size": path.stat().st_size, **row})
                        if peer == "swath":
                            bench.row({"case": case, "dtype": dtype, "side": side, "peer": "codec alone", "round": number, "wall": codec_alone(path, level)})
                        path.unlink()
            image.unlink()
        lines = ["| image | case | swath s | GDAL s | ratio | codec alone s | swath / codec | swath MiB | GDAL MiB | swath MB | GDAL MB |", "|---|---|---|---|---|---|---|---|---|---|---|"]
        for dtype, side in images.items():
            for case in CASES:
                middle = lambda peer, key: statistics.median(r[key] for r in bench.of(case=case, dtype=dtype, peer=peer))
                ours, theirs, codec = (middle(peer, "wall") for peer in ("swath", "gdal", "codec alone"))
                cells = [f"{side}^2 {dtype}", case, f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}", f"{codec:.1f}", f"{ours / codec:.2f}"]
                cells += [f"{middle(peer, 'peak_mib'):.0f}" for peer in ("swath", "gdal")] + [f"{middle(peer, 'size') / 1e6:.0f}" for peer in ("swath", "gdal")]
                lines.append(f"| {' | '.join(cells)} |")
        bench.finish("\n".join(lines), f"Medians of {a.rounds} rounds, in turn. uint8 is a picture of three bands. The codec alone compresses swath's own blocks once more at the level asked for (which swath may have undercut).\n\n    make bench-large")


if __name__ == "__main__":
    main()
