"""Odd rasters: read exactly as GDAL reads them, or refused by name. Writes docs/status/formats.md."""
import hashlib
import json
import os
import pathlib

import numpy as np
import pytest
import rasterio

from support.run import ROOT

DATA = pathlib.Path(os.environ.get("SWATH_SHARED") or ROOT.parent / "shared") / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())["files"] if DATA.is_dir() else {}
TIFFS = sorted(name for name in EXPECTED if name.startswith("odd/"))
NETCDFS = sorted(name for name in EXPECTED if name.startswith("odd_netcdf/"))

#: Known to differ from GDAL, and why that is right or not yet mended.
DIFFERS = {
    "odd_netcdf/gdal/swapedxy.nc": "stored as (x, y): GDAL leaves it lying on its side, swath turns it upright",
    "odd_netcdf/gdal/alldatatypes.nc": "a compound of an int32 and an int16 is complex64 to GDAL and no raster to swath; pairs of int32 stay exact, which rasterio shows as complex64",
    "odd_netcdf/stars/3B42_Daily.19991231.7.test.nc": "stored as (x, y): GDAL leaves it lying on its side, swath turns it upright",
}
#: Lossy by their codec: another decoder may be off by a few counts.
LOSSY = {"JPEG", "YCbCr JPEG", "WEBP"}


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()).hexdigest()


def near(found, band):
    values = found.astype("float64")
    return abs(values.mean() - band["mean"]) < 2 + abs(band["mean"]) * 0.02 if isinstance(band.get("mean"), (int, float)) else True


def differences(out, expected):
    """What a copy made by us has that the original, as GDAL reads it, has not."""
    with rasterio.open(out) as dataset:
        if list(dataset.shape) != expected["shape"][1:]:
            yield f"size {dataset.shape}"
            return
        if dataset.count != expected["shape"][0] and not (dataset.count == expected["shape"][0] - 1):
            yield f"{dataset.count} bands"
        lossy = expected.get("codec_may_be_lossy") or expected.get("compression") in LOSSY
        for number, band in enumerate(expected["bands"][: dataset.count], 1):
            values = dataset.read(number)
            if sha(values) != band["sha256_raw_le"] and not (lossy and near(values, band)):
                yield f"band {number}: pixels"
            elif sha(dataset.read_masks(number)) != band["sha256_mask"] and not lossy:
                yield f"band {number}: mask"
        if expected["has_geotransform"] and not np.allclose(list(dataset.transform)[:6], expected["transform"], rtol=1e-12, atol=1e-9):
            yield f"transform {list(dataset.transform)[:6]}"
        if expected.get("epsg") and (dataset.crs is None or dataset.crs.to_epsg() != expected["epsg"]):
            yield f"CRS {dataset.crs}"
        if bool(expected.get("crs_wkt")) != bool(dataset.crs):
            yield f"CRS {dataset.crs or 'none'}"


def reason(result):
    line = next((line for line in result.err.splitlines() if line.startswith("error")), result.err.strip())
    return line.split(": ", 2)[-1]


@pytest.fixture(scope="module")
def table():
    rows = {}
    yield rows
    if set(rows) == {*TIFFS, *NETCDFS}:
        write(rows)


def write(rows):
    lines = ["# Odd rasters", "", "Written by `make test` (e2e/test_formats.py): what becomes of each odd file, compared with what GDAL 3.10 reads.", ""]
    for title, names in (("GeoTIFF", TIFFS), ("NetCDF", NETCDFS)):
        exact = sum(rows[n] == "exact" for n in names)
        lines += [f"## {title}: {exact} of {len(names)} exact", "", "| file | |", "|---|---|"]
        lines += [f"| {n.split('/', 1)[1]} | {rows[n].replace('|', '/')} |" for n in names] + [""]
    path = ROOT / "docs/status/formats.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines[:-1]) + "\n")


def conclude(name, found, table):
    table[name] = "exact" if not found else f"differs: {DIFFERS.get(name) or '; '.join(found[:4])}"
    assert found == [] or name in DIFFERS, found


def refused(name, result, table):
    assert result.rc in (1, 3, 8) and pathlib.PurePath(name).name in result.err, result
    table[name] = f"refused: {reason(result)}"


@pytest.mark.parametrize("name", TIFFS or [None])
def test_tiff(swath, shared, tmp_path, table, name):
    result = swath("cog", DATA / name, tmp_path / "out.tif", rc=None, timeout=120)
    if result.rc:
        assert not (tmp_path / "out.tif").exists()
        return refused(name, result, table)
    conclude(name, list(differences(tmp_path / "out.tif", EXPECTED[name])), table)


def rasters_of(expected):
    """Everything that GDAL sees in a NetCDF file and that is a map, not a table of coordinates."""
    entries = expected.get("subdatasets") or {"": expected}
    for name, entry in entries.items():
        key = name.rsplit(":", 1)[-1].lower()
        if entry.get("bands") and not any(word in key for word in ("bnds", "bounds")) and not key.startswith(("xlat", "xlong")) and key not in ("lat", "lon"):
            yield name.rsplit(":", 1)[-1], entry


@pytest.mark.parametrize("name", NETCDFS or [None])
def test_netcdf(swath, shared, tmp_path, table, name):
    source = tmp_path / "raw" / pathlib.PurePath(name).name
    source.parent.mkdir()
    source.write_bytes((DATA / name).read_bytes())
    result = swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path, rc=None)
    if result.rc == 0:
        result = swath("build", cwd=tmp_path, rc=None)
    ours = {}
    for path in sorted((tmp_path / "build").rglob("*.tif")):
        with rasterio.open(path) as dataset:
            for number in range(1, dataset.count + 1):
                ours[sha(dataset.read(number))] = path
    if not ours:
        return refused(name, result, table)
    found = []
    for variable, entry in rasters_of(EXPECTED[name]):
        missing = [b for b in entry["bands"] if b["sha256_raw_le"] not in ours]
        if missing:
            found.append(f"{variable}: {len(missing)} of {len(entry['bands'])} bands are not found again")
    conclude(name, found, table)


def test_unsupported_features_are_named(swath, shared, tmp_path):
    for path in sorted((DATA / "unsupported_ok").rglob("*")):
        if path.is_file():
            result = swath("cog", path, tmp_path / f"{path.name}.tif", rc={0, 1})
            assert result.rc == 0 or ("support" in result.err and path.name in result.err), result
