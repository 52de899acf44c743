"""Holds COGs written by swath against GDAL's COG driver and rio-cogeo's validator.

Called with a folder that has cases.json, and for each case NAME.bin (the samples, band by band), NAME.tif (what swath wrote)
and, where the source is masked, NAME.msk. Prints every disagreement; exit code 1 where there is one.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.shutil import copy
from rasterio.transform import from_origin
from rio_cogeo.cogeo import cog_validate

warnings.filterwarnings("ignore")


def levels(path):
    with rasterio.open(path) as d:
        found = [(d.read(), d.dataset_mask())]
        count = len(d.overviews(1))
    for level in range(count):
        with rasterio.open(path, overview_level=level) as d:
            found.append((d.read(), d.dataset_mask()))
    return found


def write_source(path, pixels, mask, nodata):
    profile = dict(driver="GTiff", count=pixels.shape[0], height=pixels.shape[1], width=pixels.shape[2], dtype=str(pixels.dtype))
    profile |= dict(crs="EPSG:32633", transform=from_origin(5e5, 5e6, 10, 20), tiled=True, nodata=nodata)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as d:
        d.write(pixels)
        if mask is not None:
            d.write_mask(mask)


def judge(folder, case):
    name = case["name"]
    pixels = np.fromfile(folder / f"{name}.bin", case["dtype"]).reshape(case["shape"])
    mask_file = folder / f"{name}.msk"
    mask = np.fromfile(mask_file, "uint8").reshape(case["shape"][1:]) if mask_file.exists() else None
    ours, source, theirs = folder / f"{name}.tif", folder / "source.tif", folder / "gdal.tif"
    valid, errors, _ = cog_validate(str(ours), strict=True, quiet=True)
    if not valid:
        yield f"not a valid COG: {errors}"
    with rasterio.open(ours) as d:
        if d.crs.to_epsg() != 32633 or d.transform != from_origin(5e5, 5e6, 10, 20):
            yield f"georeference: {d.crs} {d.transform}"
        if not np.array_equal(d.read(), pixels, equal_nan=pixels.dtype.kind in "fc"):
            yield "pixels differ from the source"
    write_source(source, pixels, mask, case["nodata"])
    options = dict(COMPRESS="LZW", BLOCKSIZE=case["block"], OVERVIEW_RESAMPLING=case["resampling"].upper())
    copy(source, theirs, driver="COG", **options)
    found, want = levels(ours), levels(theirs)
    if [p.shape for p, _ in found] != [p.shape for p, _ in want]:
        yield f"levels: {[p.shape for p, _ in found]}, GDAL {[p.shape for p, _ in want]}"
        return
    for level, ((got, got_mask), (pixels, mask)) in enumerate(zip(found, want)):
        if not np.array_equal(got_mask, mask):
            yield f"level {level}: {(got_mask != mask).sum()} mask pixels differ"
        both = (got_mask != 0) & (mask != 0)
        # GDAL sums float32 in an order that depends on the place in the row
        close = dict(rtol=4e-5, atol=1e-3) if got.dtype == "float32" and level else dict(rtol=0, atol=0)
        if not np.allclose(got[:, both], pixels[:, both], equal_nan=True, **close):
            yield f"level {level}: {(got[:, both] != pixels[:, both]).sum()} pixels differ"


def main():
    folder = Path(sys.argv[1])
    wrong = 0
    for case in json.loads((folder / "cases.json").read_text()):
        for finding in judge(folder, case):
            print(case["name"], finding)
            wrong += 1
    sys.exit(1 if wrong else 0)


main()
