"""Tiles over HTTP to one array: swath against odc-stac, stackstac and rasterio.

    stack.py [--rounds 3] [--side 3000] [--cases native,eighth,utm,mercator] [--peers ...] [--keep FOLDER] [--name stack]

20 tiles of SIDE x SIDE uint16, built by swath, behind a server on this machine, near and 25 ms away: at their own resolution, at 1/8, to UTM (tiles of two zones),
to EPSG:3857. In the first round the arrays are compared. `--keep` leaves the tiles for another run. Leaves bench/runs/YYYY-MM-DD-stack/.
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

import tiles
from measure import run
from report import HERE, SWATH, Run

LATENCY = 25
PEERS = ["odc", "odc-eager", "stackstac", "rasterio"]
DEGREES = 10
METRES = 20


def raw_tiles(side):
    """Name -> (CRS, left, top, step): five by four tiles in degrees, and two by five in each of two UTM zones that meet at 6 degrees east."""
    land = {f"land_r{row}c{col}": ("EPSG:4326", DEGREES * col, 60 - DEGREES * row, DEGREES / side) for row in range(4) for col in range(5)}
    width = side * METRES
    zones = {}
    for code, left in (("EPSG:32631", 740_000 - 2 * width), ("EPSG:32632", 260_000)):
        zones |= {f"z{code[-2:]}_r{row}c{col}": (code, left + width * col, 5_000_000 - width * row, METRES) for row in range(5) for col in (0, 1)}
    return {"land": land, "zones": zones}


def cases(side):
    """What is asked for: frames that lie on no tile's edge, and on whole pixels of the tiles where grids agree."""
    step, width = DEGREES / side, side * METRES
    inset = side // 5 // 8 * 8 * step
    land = [inset, 60 - 4 * DEGREES + inset, 5 * DEGREES - inset, 60 - inset]
    coarse = 120_000 / (side / 10)
    mercator = [round(v / coarse) * coarse for v in (556_597, 5_160_979, 2_449_028, 7_760_118)]
    utm = [260_000 - 1.8 * width, 5_000_000 - 4.8 * width, 260_000 + 1.8 * width, 5_000_000 - 0.2 * width]
    return {
        "native": {"set": "land", "crs": "EPSG:4326", "resolution": step, "bounds": land, "factor": 1},
        "eighth": {"set": "land", "crs": "EPSG:4326", "resolution": 8 * step, "bounds": land, "factor": 8},
        "utm": {"set": "zones", "crs": "EPSG:32632", "resolution": METRES, "bounds": utm},
        "mercator": {"set": "land", "crs": "EPSG:3857", "resolution": coarse, "bounds": mercator},
    }


def prepare(folder, side):
    """Raw tiles, built by swath; what an earlier call left is taken."""
    for seed, (name, found) in enumerate(raw_tiles(side).items()):
        here = folder / name
        if (here / "build/collection.json").exists():
            continue
        (here / "raw").mkdir(parents=True, exist_ok=True)
        for number, (tile, (crs, left, top, step)) in enumerate(found.items()):
            profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint16", "crs": crs, "nodata": 0}
            with rasterio.open(here / f"raw/{tile}.tif", "w", transform=from_origin(left, top, step, step), **profile) as dataset:
                for first in range(0, side, 500):
                    count = min(500, side - first)
                    dataset.write(tiles.pixels("uint16", 20 * seed + number, first, count, side), window=Window(0, first, side, count))
        for words in (["init", "raw", "--datetime", "2020-06-01"], ["build"]):
            subprocess.run([SWATH, "-q", *words], cwd=here, check=True)


@contextlib.contextmanager
def served(folder):
    server = subprocess.Popen([sys.executable, HERE / "range_server.py", folder, str(LATENCY)], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def items(folder, name, url):
    """The items of a set as a file of their own, with absolute links; and the key of their asset."""
    found = []
    for path in sorted((folder / name / "build").glob("*/*/*.json")):
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            asset["href"] = f"{url}/{(path.parent / asset['href']).resolve().relative_to(folder.resolve())}"
        # What stackstac reads: version 1 of the projection extension.
        item["properties"]["proj:epsg"] = int((item["properties"].get("proj:code") or next(iter(item["assets"].values()))["proj:code"]).split(":")[1])
        item["links"] = []
        found.append(item)
    return found, next(iter(found[0]["assets"]))


def needed(folder, case):
    """Bytes of the blocks that the frame meets, at the level that has its resolution; None where there is no such level."""
    total = 0
    left, bottom, right, top = case["bounds"]
    for path in (folder / case["set"] / "build").glob("*/*/*.tif"):
        with rasterio.open(path) as dataset:
            factors = dataset.overviews(1)
        if case["factor"] not in (1, *factors):
            return None
        level = None if case["factor"] == 1 else factors.index(case["factor"])
        with rasterio.open(path, **({} if level is None else {"overview_level": level})) as dataset:
            window = rasterio.windows.from_bounds(left, bottom, right, top, dataset.transform).round_offsets().round_lengths()
            height, width = dataset.block_shapes[0]
            rows = range(max(0, window.row_off) // height, -(-min(dataset.height, window.row_off + window.height) // height))
            cols = range(max(0, window.col_off) // width, -(-min(dataset.width, window.col_off + window.width) // width))
        with rasterio.open(path) as dataset:
            size = lambda row, col: dataset.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1, ovr=level)
            total += sum(int(size(row, col) or 0) for row in rows for col in cols)
    return total


def command(peer, items_file, case, case_file, out=None):
    if peer != "swath":
        return [sys.executable, HERE / "stack_peer.py", peer, items_file, case_file, *([out] if out else [])]
    frame = ["--bounds", ",".join(map(repr, case["bounds"])), "--crs", case["crs"], "--resolution", repr(case["resolution"])]
    return [SWATH, "-q", "stack", items_file, *frame, *(["-o", out, "--overwrite"] if out else [])]


def array_of(peer, items_file, case, case_file, work):
    out = work / ("x.tif" if peer == "swath" else "x.npy")
    out.unlink(missing_ok=True)
    run(command(peer, items_file, case, case_file, out))
    if peer != "swath":
        return np.load(out)
    with rasterio.open(out) as dataset:
        return dataset.read(1)


def counted(url):
    with urllib.request.urlopen(f"{url}/-/count") as reply:
        return json.load(reply)


def compare(bench, name, far, peers, *inputs):
    """Every peer's pixels against those of an exact warp; where nothing is to be resampled, swath's must be the same bit for bit."""
    expected = array_of("exact", *inputs)
    for peer in peers:
        found = array_of(peer, *inputs)
        equal = float((found == expected).mean()) if found.shape == expected.shape else 0.0
        bench.row({"case": name, "far": far, "peer": peer, "round": "compare", "equal": equal, "shape": list(found.shape)})
        if peer == "swath" and (equal < 1 if name in ("native", "eighth") else equal < 0.999):
            raise SystemExit(f"{name}: swath's array differs from rasterio's: {equal:.6f} of {expected.shape} against {found.shape}")


def measure(bench, folder, url, a, work):
    for name in a.cases.split(","):
        case = cases(a.side)[name]
        for far in (False, True):
            features, case["asset"] = items(folder, case["set"], f"{url}/slow" if far else url)
            items_file, case_file = work / "items.json", work / "case.json"
            items_file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
            case_file.write_text(json.dumps(case))
            peers = ["swath", *a.peers.split(",")]
            if not far:
                compare(bench, name, far, peers, items_file, case, case_file, work)
            need = needed(folder, case) if "factor" in case else None
            for number in range(a.rounds):
                for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
                    counted(url)
                    row = run(command(peer, items_file, case, case_file))
                    row.setdefault("inner", row["wall"])
                    bench.row({"case": name, "far": far, "peer": peer, "round": number, **row, **counted(url), "needed": need})


def table(bench, side):
    lines = ["| case | away | peer | s | swath is faster by | processor s | peak MiB | array MiB | requests | MB | of the blocks needed | deep | equal |", "|" + "---|" * 13]
    for name, case in cases(side).items():
        left, bottom, right, top = case["bounds"]
        array = (right - left) * (top - bottom) / case["resolution"] ** 2 * 2 / 2**20
        for far in (False, True):
            rows = [r for r in bench.rows if r["case"] == name and r["far"] == far and r["round"] != "compare"]
            peers = list(dict.fromkeys(sorted((r["peer"] for r in rows), key=["swath", *PEERS].index)))
            middle = {p: {k: statistics.median(r[k] for r in rows if r["peer"] == p) for k in ("inner", "cpu", "peak_mib", "requests", "bytes", "deep")} for p in peers}
            for peer, m in middle.items():
                ratio = "" if peer == "swath" else f"{m['inner'] / middle['swath']['inner']:.1f}"
                need = next((r["needed"] for r in rows), None)
                share = f"{m['bytes'] / need:.2f}" if need else ""
                equal = next((f"{r['equal']:.4f}" for r in bench.rows if r["case"] == name and r["peer"] == peer and r["round"] == "compare"), "")
                cells = [name, f"{LATENCY} ms" if far else "", peer, f"{m['inner']:.2f}", ratio, f"{m['cpu']:.1f}", f"{m['peak_mib']:.0f}", f"{array:.0f}"]
                cells += [f"{m['requests']:.0f}", f"{m['bytes'] / 1e6:.0f}", share, f"{m['deep']:.0f}" if far else "", equal]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


TEXT = """Medians of {rounds} rounds, peers in turn, over loopback; the server is one thread of Python on the same {cores} cores. `native`, `eighth` (1/8) and `mercator`
(EPSG:3857, about six of the tiles) read 20 tiles in EPSG:4326, `utm` 20 tiles of EPSG:32631 and 32632 to EPSG:32632; nearest, {side} x {side} uint16 each, COGs as `swath build` makes them.
Seconds: of swath the whole process, of the others from the moment all is imported. `equal`: share of pixels that are those of rasterio with an exact warp
(a tolerance of 1e-9 pixels); GDAL's usual warp interpolates positions, and where tiles overlap libraries differ in which is on top. `deep`: at least so many requests began
after the answer of the one before, counted over all files.

Unequal: swath is given the same file of items as the others, and reads no catalog. It leaves the array in memory and writes none, as they do.

    bench/stack.py {argv}

Peers: odc-stac {odc}, stackstac {stackstac}, dask {dask}."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", type=int, default=tiles.SIDE)
    parser.add_argument("--cases", default=",".join(cases(tiles.SIDE)))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--name", default="stack")
    a = parser.parse_args()
    from importlib.metadata import version

    with Run(a.name) as bench, tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        work = pathlib.Path(work)
        folder = a.keep or work / "tiles"
        prepare(folder, a.side)
        with served(folder) as url:
            measure(bench, folder, url, a, work)
        versions = {name: version(package) for name, package in (("odc", "odc-stac"), ("stackstac", "stackstac"), ("dask", "dask"))}
        bench.finish(table(bench, a.side), TEXT.format(rounds=a.rounds, cores=os.cpu_count(), side=a.side, argv=" ".join(sys.argv[1:]), **versions))


if __name__ == "__main__":
    main()
