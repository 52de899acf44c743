"""`info` describes any raster as rasterio does."""
import json

import pytest
import rasterio

from support import rasters


def test_text_names_what_a_person_looks_for(swath, tmp_path):
    path = rasters.write(tmp_path / "a.tif", rasters.noise((3, 70, 90), "int16"), nodata=-9999, compress="lzw")
    text = swath("info", path).out
    for word in ("32633", "70", "90", "int16", "-9999", "lzw"):
        assert word in text.lower(), f"{word} is not in\n{text}"


def test_json_is_one_object_a_line(swath, tmp_path):
    path = rasters.write(tmp_path / "a.tif", rasters.noise((70, 90)), nodata=0)
    events = swath("info", "--json", path).events()
    assert events[0]["type"] == "version" and events[-1]["type"] == "summary"
    assert "uint16" in json.dumps(events)


def test_a_url_is_described_by_a_few_ranges(swath, tmp_path, serve):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((2000, 2000)))
    swath("cog", source, tmp_path / "out.tif")
    server = serve(tmp_path)
    text = swath("info", f"{server.url}/out.tif").out
    assert "2000" in text and "uint16" in text
    assert server.sent() < 200_000 and len(server.requests) <= 4


@pytest.mark.parametrize("name", ["landsat8_stest/l8_B4.tif", "sentinel2_romania/tree_cover_density_2018_romania.tif"])
def test_real_files(swath, shared, name):
    text = swath("info", shared / "data" / name).out
    with rasterio.open(shared / "data" / name) as dataset:
        assert str(dataset.width) in text and str(dataset.height) in text and dataset.dtypes[0] in text
        code = dataset.crs.to_epsg()
        assert (f"EPSG:{code}" if code else "no EPSG code") in text


def test_a_netcdf_lists_its_variables(swath, shared):
    text = swath("info", shared / "data/sentinel2_romania/sentinel2_cube_subset_romania_20m.nc").out
    assert "140" in text
