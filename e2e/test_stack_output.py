"""`stack -o`: Zarr, COG and plot as other people's readers see them; nothing half, nothing overwritten."""
import json
import signal
import time
import warnings
from urllib.request import urlopen

import numpy as np
import pytest
import rasterio

from support import rasters, run, series

DATES = ["2020-01-01", "2020-01-16T10:30:00Z", "2020-02-01"]
SHAPE = (3, 300, 260)
FIELDS = {"b1": {"unit": "m", "raster:scale": 0.1, "raster:offset": 5.0}}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """One packed int16 band at three times."""
    array = series.with_holes(rasters.smooth(SHAPE[1:], "int16")[None] + np.arange(3, dtype="int16")[:, None, None], -9999)
    return series.write(tmp_path_factory.mktemp("one"), {"b1": array}, DATES, nodata=-9999, fields=FIELDS), array


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two float32 bands of unlike units, NaN where there is no data."""
    bands = {b: series.with_holes(rasters.noise(SHAPE, "float32", seed=n), np.nan, seed=n) for n, b in enumerate(("t2m", "rgb:r"))}
    fields = {"t2m": {"unit": "K"}}
    return series.write(tmp_path_factory.mktemp("two"), bands, DATES, nodata=float("nan"), fields=fields), bands


def opened(path, **options):
    """As xarray opens it, a warning being an error."""
    import xarray

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return xarray.open_dataset(path, **options)


def test_zarr_opens_in_xarray_without_a_word(swath, one, tmp_path):
    items, array = one
    swath("stack", items, "-o", tmp_path / "x.zarr")
    raw = opened(tmp_path / "x.zarr", engine="zarr", mask_and_scale=False)
    assert dict(raw.data.sizes) == {"time": 3, "band": 1, "y": 300, "x": 260}
    assert np.array_equal(raw.data.values[:, 0], array) and raw.data.dtype == "int16"
    data = opened(tmp_path / "x.zarr", engine="zarr").data
    assert [str(t)[:19] for t in data.time.values] == ["2020-01-01T00:00:00", "2020-01-16T10:30:00", "2020-02-01T00:00:00"]
    assert list(data.band.values) == ["b1"] and data.attrs["units"] == "m"
    assert (float(data.x[0]), float(data.y[0])) == (500_015, 4_999_985)
    np.testing.assert_allclose(data.values[:, 0], series.as_float(array, -9999) * 0.1 + 5, rtol=1e-6)


def test_rioxarray_and_odc_agree_on_a_zarr(swath, one, tmp_path):
    import odc.geo.xr  # noqa: F401
    import rioxarray  # noqa: F401

    swath("stack", one[0], "-o", tmp_path / "x.zarr")
    data = opened(tmp_path / "x.zarr", engine="zarr", decode_coords="all").data
    assert data.rio.crs.to_epsg() == 32633 and data.odc.crs.epsg == 32633
    assert data.rio.transform() == data.odc.transform == rasterio.transform.from_origin(500_000, 5_000_000, 30, 30)
    assert data.rio.encoded_nodata == -9999


def test_bands_that_differ_are_listed(swath, two, tmp_path):
    items, bands = two
    swath("stack", items, "-o", tmp_path / "x.zarr")
    data = opened(tmp_path / "x.zarr", engine="zarr").data
    assert list(data.band.values) == ["t2m", "rgb:r"] and data.attrs["band_units"] == ["K", None]
    for n, band in enumerate(bands.values()):
        np.testing.assert_array_equal(data.values[:, n], band)


def test_a_calendar_step_says_what_it_covers(swath, one, tmp_path):
    swath("stack", one[0], "--reduce", "mean", "--over", "month", "-o", tmp_path / "x.zarr")
    data = opened(tmp_path / "x.zarr", engine="zarr")
    assert [str(t)[:10] for t in data.time.values] == ["2020-01-01", "2020-02-01"]
    assert [str(t)[:10] for t in data.time_bnds.values[0]] == ["2020-01-01", "2020-02-01"]
    assert data.data.attrs["cell_methods"] == "time: mean"


@pytest.mark.parametrize("name", ["x.zarr", "x.nc", "x.tif", "x.png"])
def test_an_output_is_not_overwritten_unasked(swath, one, tmp_path, name):
    swath("stack", one[0], "-o", tmp_path / name)
    before = contents(tmp_path)
    result = swath("stack", one[0], "--reduce", "max", "-o", tmp_path / name, rc=5)
    assert "--overwrite" in result.err and contents(tmp_path) == before
    swath("stack", one[0], "--reduce", "max", "-o", tmp_path / name, "--overwrite")
    assert contents(tmp_path) != before and {p.name for p in tmp_path.iterdir()} == {name} | ({"x.json"} if name == "x.tif" else set())


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_no_zarr_is_never_replaced(swath, one, tmp_path):
    (tmp_path / "x.zarr").mkdir()
    (tmp_path / "x.zarr/mine.txt").write_text("mine")
    swath("stack", one[0], "-o", tmp_path / "x.zarr", "--overwrite", rc=5)
    assert (tmp_path / "x.zarr/mine.txt").read_text() == "mine"


def test_an_output_is_looked_at_before_anything_is_read(swath, tmp_path):
    result = swath("stack", "http://127.0.0.1:9/none", "-o", tmp_path / "none/x.nc", rc=1)
    assert "make the folder first" in result.err
    assert ".zarr, .nc, .tif or .png" in swath("stack", "http://127.0.0.1:9/none", "-o", tmp_path / "x.jpg", rc=2).err


@pytest.mark.parametrize("name", ["x.zarr", "x.nc", "x.tif"])
def test_a_killed_run_leaves_nothing_under_the_name(swath, tmp_path, name):
    array = rasters.noise((8, 1500, 1500), "float32")
    items = series.write(tmp_path / "in", {"b": array}, [f"2020-01-0{n}" for n in range(1, 9)])
    out = tmp_path / "out"
    out.mkdir()
    for wait in (0.15, 0.4):
        process = run.start("stack", items, "-o", out / name)
        time.sleep(wait)
        process.process.send_signal(signal.SIGINT)
        result = process.end(30)
        # A folder that threads were still writing into may stay under its own name; the next run sweeps it.
        left = {p.name for p in out.iterdir() if not p.name.startswith(".swath-part-")}
        assert result.rc == 130 and not left or result.rc == 0 and name in left, (result, left)
        if left:
            break


def test_the_cog_is_strictly_one_and_its_item_tells_where_it_is_from(swath, built, tmp_path):
    import pystac
    from rio_cogeo.cogeo import cog_validate

    root = built / "build"
    swath("stack", root, "--assets", "B4", "--reduce", "median", "-o", tmp_path / "median.tif")
    valid, errors, notes = cog_validate(tmp_path / "median.tif", strict=True)
    assert valid, (errors, notes)
    item = pystac.Item.from_file(str(tmp_path / "median.json"))
    with rasterio.open(tmp_path / "median.tif") as dataset:
        assert item.assets["data"].extra_fields["proj:shape"] == list(dataset.shape)
        assert dataset.descriptions == ("median B4",)
    assert "https://stac-extensions.github.io/processing/v1.1.0/schema.json" in item.stac_extensions
    assert item.properties["processing:expression"]["expression"]["reduce"] == "median"
    assert "median over all of B4 from" in item.properties["processing:lineage"] and "swath" in item.properties["processing:software"]
    links = json.loads((tmp_path / "median.json").read_text())["links"]
    sources = [link for link in links if link["rel"] == "derived_from"]
    assert sources and all(json.loads(urlopen(link["href"]).read())["id"] == link["title"] for link in sources)
    in_a_catalog(tmp_path, "median")
    checked = swath("check", tmp_path, rc=None)
    assert "error" not in checked.out and checked.rc == 0, checked


def in_a_catalog(folder, name):
    """The item as a person would publish it: linked from a catalog."""
    catalog = {"type": "Catalog", "stac_version": "1.1.0", "id": "results", "description": "What was computed", "links": []}
    link = lambda rel, href, kind="application/json": {"rel": rel, "href": href, "type": kind}
    catalog["links"] = [link("root", "./catalog.json"), link("item", f"./{name}.json", "application/geo+json")]
    (folder / "catalog.json").write_text(json.dumps(catalog))
    path = folder / f"{name}.json"
    item = json.loads(path.read_text())
    item["links"] += [link("root", "./catalog.json"), link("parent", "./catalog.json")]
    path.write_text(json.dumps(item))


def test_the_item_is_valid_and_says_all_of_the_bands(swath, one, tmp_path):
    import pystac

    swath("stack", one[0], "-o", tmp_path / "x.tif")
    item = json.loads((tmp_path / "x.json").read_text())
    # The schemas of extensions are not at hand offline; that of STAC itself is in pystac.
    pystac.Item.from_dict({**item, "stac_extensions": []}).validate()
    assert item["properties"]["start_datetime"] == "2020-01-01T00:00:00Z" and item["properties"]["end_datetime"] == "2020-02-01T00:00:00Z"
    asset = item["assets"]["data"]
    assert [b["name"] for b in asset["bands"]] == ["2020-01-01 b1", "2020-01-16 10:30 b1", "2020-02-01 b1"]
    assert (asset["raster:scale"], asset["raster:offset"], asset["unit"], asset["nodata"]) == (0.1, 5.0, "m", -9999)
    for name in ("lineage", "software", "expression"):
        assert f"processing:{name}" in item["properties"]


def test_a_secret_of_the_address_is_in_no_output(swath, one, tmp_path, serve):
    server = serve(one[0].parent)
    url = f"{server.url}/items.json?sig=SECRETSECRETSECRET"
    for name in ("x.tif", "x.nc", "x.zarr", "x.png"):
        swath("stack", url, "-o", tmp_path / name, rc=None)
    assert not [p for p, content in contents(tmp_path).items() if b"SECRETSECRET" in content]
