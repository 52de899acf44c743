"""What `stack` writes, in the hands of others: STAC validators, xarray, rioxarray, odc-geo and GDAL, wherever on the globe the array lies."""
import json

import numpy as np
import pystac
import pytest
import rasterio

from support import mosaic, rasters
from support.mosaic import Tile, north_up
from support.schemas import pystac_validator, stac_valid

LAEA = "+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84 +units=m +no_defs"
PLACES = {
    "zone": ("EPSG:32633", north_up(500_007, 5_000_011, 30)),
    "pole": ("EPSG:3413", north_up(-150_000, 100_000, 1000)),
    "antimeridian": ("EPSG:3832", north_up(3_300_000, 1_000_000, 1000)),
    "world": ("EPSG:4326", north_up(0, 90, 1.2)),
    "own": (LAEA, north_up(0, 0, 1000)),
}
DATES = ["2020-05-01T00:00:00Z", "2020-06-01T10:30:00Z", "2020-07-01T00:00:00Z"]


@pytest.fixture(scope="module", params=PLACES)
def placed(request, tmp_path_factory):
    """Items of three dates, and what is in them."""
    crs, transform = PLACES[request.param]
    array = rasters.smooth((150, 300), "int16")
    array[:20, :30] = -9999
    fields = {"unit": "m", "raster:scale": 0.1, "raster:offset": 5.0}
    own = {"proj:code": None, "proj:wkt2": rasterio.crs.CRS.from_string(crs).to_wkt()} if crs == LAEA else {}
    tiles = [Tile(f"t{n}", np.where(array == -9999, array, array + n), crs, transform, nodata=-9999, date=date, fields=fields | own) for n, date in enumerate(DATES)]
    return mosaic.write(tmp_path_factory.mktemp(request.param), tiles), crs, transform


# What the processing extension says of items, in short: its own schema is not among the shared ones.
PROCESSING = "https://stac-extensions.github.io/processing/v1.1.0/schema.json"
TEXT = {"type": "string"}
EXPRESSION = {"type": "object", "required": ["format", "expression"], "properties": {"format": TEXT}}
SOFTWARE = {"type": "object", "additionalProperties": TEXT, "minProperties": 1}
FIELDS = {"processing:lineage": TEXT, "processing:expression": EXPRESSION, "processing:software": SOFTWARE}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": f"{PROCESSING}#",
    "type": "object",
    "properties": {"properties": {"type": "object", "required": list(FIELDS), "properties": FIELDS}},
}


@pytest.mark.parametrize("arguments", [[], ["--reduce", "median"]], ids=["series", "median"])
def test_the_item_of_a_cog_is_valid(swath, placed, tmp_path, shared, arguments):
    items, *_ = placed
    (tmp_path / "processing.json").write_text(json.dumps(SCHEMA))
    further = [(PROCESSING, str(tmp_path / "processing.json"))]
    swath("stack", items, *arguments, "-o", tmp_path / "x.tif")
    verdict = stac_valid(tmp_path / "x.json", shared / "schemas", further)
    assert verdict["valid_stac"], verdict
    body = json.loads((tmp_path / "x.json").read_text())
    pystac_validator(shared / "schemas", further).validate(body, pystac.STACObjectType.ITEM, "1.1.0", body["stac_extensions"])
    west, south, east, north = body["bbox"]
    assert -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90


@pytest.mark.parametrize("ending", ["zarr", "nc"])
def test_it_opens_in_xarray_with_its_place(swath, placed, tmp_path, ending):
    import odc.geo.xr  # noqa: F401
    import rioxarray  # noqa: F401
    import xarray

    items, crs, transform = placed
    swath("stack", items, "-o", tmp_path / f"x.{ending}")
    options = {"engine": "zarr", "consolidated": True} if ending == "zarr" else {}
    data = xarray.open_dataset(tmp_path / f"x.{ending}", decode_coords="all", **options)
    array = data["data"].isel(band=0) if ending == "zarr" else data["b"]
    expected = rasterio.crs.CRS.from_string(crs)
    assert array.rio.crs == expected and array.odc.crs == expected
    assert np.allclose(tuple(array.rio.transform())[:6], tuple(transform)[:6]) and np.allclose(tuple(array.odc.geobox.transform)[:6], tuple(transform)[:6])
    assert array.attrs["units"] == "m" and [str(t)[:16] for t in array.time.values] == [d[:16] for d in DATES]
    # Packed as CF has it: xarray unpacks.
    assert np.isnan(array.values[:, :20, :30]).all()
    with rasterio.open(items.parent / "t1_b.tif") as dataset:
        assert np.allclose(array.values[1, 20:], dataset.read(1)[20:] * 0.1 + 5, rtol=1e-6)


def test_gdal_reads_the_netcdf_where_it_lies(swath, placed, tmp_path):
    items, crs, transform = placed
    swath("stack", items, "-o", tmp_path / "x.nc")
    with rasterio.open(f"netcdf:{tmp_path}/x.nc:b") as dataset:
        assert dataset.count == 3 and dataset.nodata == -9999 and np.allclose(tuple(dataset.transform)[:6], tuple(transform)[:6])
        assert dataset.crs.to_epsg() == rasterio.crs.CRS.from_string(crs).to_epsg()
        with rasterio.open(items.parent / "t2_b.tif") as source:
            assert np.array_equal(dataset.read(3), source.read(1))
