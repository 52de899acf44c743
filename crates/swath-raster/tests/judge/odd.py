"""Holds COGs that swath made of odd rasters against what rasterio reads from the rasters themselves.

Called with a JSON file: a list of [source, COG]. Prints every disagreement; exit code 1 where there is one.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rio_cogeo.cogeo import cog_validate

warnings.filterwarnings("ignore")


def palette(dataset):
    try:
        return dataset.colormap(1)
    except ValueError:
        return {}


def code(crs):
    """The same system may be said with a code and without."""
    return crs and (crs.to_epsg() or crs)


def control_points(dataset):
    points, crs = dataset.gcps
    return [(p.row, p.col, p.x, p.y, p.z) for p in points], code(crs)


def kept_tags(tags):
    stale = ("AREA_OR_POINT", "OVERVIEW_RESAMPLING", "OVR_RESAMPLING_ALG", "STATISTICS_")
    return {name: value for name, value in tags.items() if not name.startswith(stale)}


def same(got, want):
    """Pairs of what must not differ, each with its name."""
    yield "type", got.dtypes, want.dtypes
    yield "CRS", code(got.crs), code(want.crs)
    yield "transform", [round(v, 12) for v in got.transform], [round(v, 12) for v in want.transform]
    yield "nodata", repr(got.nodatavals), repr(want.nodatavals)
    yield "descriptions", got.descriptions, want.descriptions
    yield "scales", got.scales, want.scales
    yield "offsets", got.offsets, want.offsets
    yield "colours", got.colorinterp, want.colorinterp
    yield "mask flags", got.mask_flag_enums, want.mask_flag_enums
    # an area goes without saying
    yield "point", got.tags().get("AREA_OR_POINT") == "Point", want.tags().get("AREA_OR_POINT") == "Point"
    yield "control points", control_points(got), control_points(want)
    yield "tags", kept_tags(got.tags()), kept_tags(want.tags())
    yield "rational polynomials", got.tags(ns="RPC"), want.tags(ns="RPC")
    for band in want.indexes:
        yield f"tags of band {band}", kept_tags(got.tags(band)), kept_tags(want.tags(band))
    colors = palette(want)
    found = palette(got)
    yield "palette", {value: found.get(value) for value in colors}, colors


def judge(source, cog):
    valid, errors, _ = cog_validate(cog, strict=True, quiet=True)
    if not valid:
        yield f"not a valid COG: {errors}"
    with rasterio.open(cog) as got, rasterio.open(source) as want:
        for what, a, b in same(got, want):
            if a != b:
                yield f"{what}: {a}, but the source has {b}"
        if got.read().tobytes() != want.read().tobytes():
            yield "pixels differ"
        if not np.array_equal(got.dataset_mask(), want.dataset_mask()):
            yield "masks differ"


def main():
    wrong = 0
    for source, cog in json.loads(Path(sys.argv[1]).read_text()):
        for finding in judge(source, cog):
            print(source, finding)
            wrong += 1
    sys.exit(1 if wrong else 0)


main()
