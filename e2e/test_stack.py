"""`stack`: the array that rasterio would read, by few requests, to TIFF, Zarr and a plot."""
import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from support import rasters
from support.catalog import open_catalog

SIDE = 700


def published(swath, folder, **publish):
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder)
    swath("publish", "out", cwd=folder)
    return folder / "out"


@pytest.fixture(scope="module")
def quad(swath, tmp_path_factory):
    """2 x 2 tiles cut from one map whose origin is off the lattice."""
    folder = tmp_path_factory.mktemp("quad")
    whole = rasters.smooth((2 * SIDE, 2 * SIDE))
    for row in (0, 1):
        for col in (0, 1):
            part = whole[row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE]
            rasters.write(folder / f"raw/map_r{row}c{col}.tif", part, origin=(500_007 + col * SIDE * 30, 5_000_011 - row * SIDE * 30), nodata=0)
    return published(swath, folder), whole


def key_of(root):
    (key,) = open_catalog(root).items[0].body["assets"]
    return key


def test_a_mosaic_off_the_lattice_is_bit_equal(swath, quad, tmp_path):
    root, whole = quad
    swath("stack", root, "--assets", key_of(root), "-o", tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.transform == from_origin(500_007, 5_000_011, 30, 30)
        assert dataset.crs.to_epsg() == 32633 and dataset.nodata == 0 and dataset.dtypes == ("uint16",)
        assert np.array_equal(dataset.read(1), whole)


def test_the_same_mosaic_through_odc_stac(quad):
    import odc.stac
    import pystac
    from odc.geo.geobox import GeoBox

    root, whole = quad
    items = [pystac.Item.from_file(str(i.path)) for i in open_catalog(root).items]
    for item in items:
        item.make_asset_hrefs_absolute()
    box = GeoBox(whole.shape, from_origin(500_007, 5_000_011, 30, 30), "EPSG:32633")
    array = odc.stac.load(items, bands=[key_of(root)], geobox=box, groupby=lambda *_: 0)[key_of(root)].values[0]
    assert np.array_equal(array, whole)


def test_the_native_grid_is_bit_equal_to_the_source(swath, published_landsat, tmp_path):
    root, item, source = published_landsat
    swath("stack", root, "--assets", "B4", "--ids", item, "-o", tmp_path / "x.tif")
    with rasterio.open(source) as a, rasterio.open(tmp_path / "x.tif") as b:
        assert a.transform == b.transform and a.crs == b.crs
        assert np.array_equal(a.read(1), b.read(1))


@pytest.fixture(scope="module")
def published_landsat(published_root):
    catalog = open_catalog(published_root)
    item = catalog.items[0]
    return published_root, item.body["id"], item.asset("B4")


@pytest.fixture(scope="module")
def published_root(swath, built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stacked") / "out"
    swath("publish", folder, cwd=built)
    return folder


def test_a_bbox_cuts_whole_pixels_of_the_native_grid(swath, quad, tmp_path):
    root, whole = quad
    from rasterio.warp import transform_bounds

    left, top = 500_007 + 600 * 30, 5_000_011 - 650 * 30
    box = transform_bounds("EPSG:32633", "EPSG:4326", left, top - 100 * 30, left + 120 * 30, top)
    swath("stack", root, "--assets", key_of(root), "--bbox", ",".join(map(str, box)), "-o", tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        col, row = (dataset.transform.c - 500_007) / 30, (5_000_011 - dataset.transform.f) / 30
        assert abs(col - round(col)) < 1e-6 and abs(row - round(row)) < 1e-6
        part = whole[round(row) : round(row) + dataset.height, round(col) : round(col) + dataset.width]
        assert 100 <= dataset.height < 140 and 120 <= dataset.width < 160
        assert np.array_equal(dataset.read(1), part)


def test_bounds_in_the_units_of_the_crs(swath, quad, tmp_path):
    root, whole = quad
    bounds = (500_007 + 30 * 100, 5_000_011 - 30 * 300, 500_007 + 30 * 400, 5_000_011 - 30 * 200)
    swath("stack", root, "--assets", key_of(root), "--bounds", ",".join(map(str, bounds)), "-o", tmp_path / "x.tif")
    assert np.array_equal(rasters.read(tmp_path / "x.tif")[0], whole[200:300, 100:400])


def centres(transform, shape):
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    return transform.c + (cols + 0.5) * transform.a, transform.f + (rows + 0.5) * transform.e


def sampled(array, col, row, resampling):
    """The value at exact pixel coordinates (0.5 is the middle of the first pixel), computed in double precision."""
    if resampling == "nearest":
        return array[np.floor(row).astype(int), np.floor(col).astype(int)]
    col, row = col - 0.5, row - 0.5
    c, r = np.floor(col).astype(int), np.floor(row).astype(int)
    right, down = col - c, row - r
    upper = array[r, c] * (1 - right) + array[r, c + 1] * right
    lower = array[r + 1, c] * (1 - right) + array[r + 1, c + 1] * right
    return upper * (1 - down) + lower * down


@pytest.mark.parametrize("resampling", ["nearest", "bilinear"])
def test_another_crs_is_sampled_exactly_and_close_to_rasterio(swath, tmp_path, resampling):
    array = rasters.smooth((SIDE, SIDE), "float32")
    source = rasters.write(tmp_path / "raw/map.tif", array)
    root = published(swath, tmp_path)
    swath("stack", root, "--assets", key_of(root), "--crs", "EPSG:32632", "--resolution", "30", "--resampling", resampling, "-o", tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as ours:
        assert ours.crs.to_epsg() == 32632 and ours.res == (30, 30)
        values, transform, crs = ours.read(1), ours.transform, ours.crs
    x, y = centres(transform, values.shape)
    x, y = pyproj.Transformer.from_crs(32632, 32633, always_xy=True).transform(x, y)
    col, row = (x - 500_000) / 30, (5_000_000 - y) / 30
    inner = (col > 2) & (col < SIDE - 2) & (row > 2) & (row < SIDE - 2)
    assert inner.mean() > 0.5
    exact = sampled(array.astype("float64"), col[inner], row[inner], resampling)
    assert np.abs(values[inner] - exact).max() < 0.01

    theirs = np.full(values.shape, -1, "float32")
    with rasterio.open(source) as dataset:
        options = {"dst_transform": transform, "dst_crs": crs, "dst_nodata": -1, "resampling": Resampling[resampling]}
        reproject(dataset.read(1), theirs, src_transform=dataset.transform, src_crs=dataset.crs, **options)
    # GDAL interpolates the transformation between a few points, so some of its samples lie up to an eighth of a pixel off.
    if resampling == "nearest":
        assert (values[inner] == theirs[inner]).mean() > 0.95
    else:
        assert np.abs(values[inner] - theirs[inner]).max() < 5


def test_two_zones_on_one_grid(swath, tmp_path):
    rasters.write(tmp_path / "raw/map_z32.tif", rasters.smooth((400, 400)), crs="EPSG:32632", origin=(960_000, 5_000_000), nodata=0)
    rasters.write(tmp_path / "raw/map_z33.tif", rasters.smooth((400, 400)), crs="EPSG:32633", origin=(500_000, 5_000_000), nodata=0)
    root = published(swath, tmp_path)
    swath("stack", root, "--assets", key_of(root), "--crs", "EPSG:32633", "--resolution", "30", "-o", tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.crs.to_epsg() == 32633 and (dataset.read(1) > 0).mean() > 0.3


def test_grids_that_differ_need_a_decision_and_the_error_says_which(swath, tmp_path):
    rasters.write(tmp_path / "raw/map_z32.tif", rasters.smooth((100, 100)), crs="EPSG:32632", nodata=0)
    rasters.write(tmp_path / "raw/map_z33.tif", rasters.smooth((100, 100)), crs="EPSG:32633", nodata=0)
    root = published(swath, tmp_path)
    result = swath("stack", root, "--assets", key_of(root), "-o", tmp_path / "x.tif", rc={0, 2})
    assert "crs" in result.text.lower() or "32632" in result.text


def dates(folder):
    """Three dates of one place, with holes."""
    stack = np.stack([rasters.smooth((300, 300), seed=n) for n in range(3)])
    stack[0, :50] = 0
    stack[1, :, :50] = 0
    for n, date in enumerate(("20200101", "20200201", "20200301")):
        rasters.write(folder / f"raw/map_{date}.tif", stack[n], nodata=0)
    return stack


def test_median_over_time_leaves_nodata_out(swath, tmp_path):
    stack = dates(tmp_path).astype("float64")
    stack[stack == 0] = np.nan
    root = published(swath, tmp_path)
    swath("stack", root, "--assets", key_of(root), "--reduce", "median", "-o", tmp_path / "x.tif")
    expected = np.nanmedian(stack, axis=0)
    values = rasters.read(tmp_path / "x.tif")[0].astype("float64")
    assert np.allclose(values, expected, atol=0.5)


@pytest.mark.parametrize("reduce,reference", [("mean", np.nanmean), ("min", np.nanmin), ("max", np.nanmax)])
def test_other_reductions(swath, tmp_path, reduce, reference):
    stack = dates(tmp_path).astype("float64")
    stack[stack == 0] = np.nan
    root = published(swath, tmp_path)
    swath("stack", root, "--assets", key_of(root), "--reduce", reduce, "-o", tmp_path / "x.tif")
    assert np.allclose(rasters.read(tmp_path / "x.tif")[0], reference(stack, axis=0), atol=0.5)


def test_zarr_opens_in_xarray_with_equal_values_and_coordinates(swath, tmp_path):
    import xarray

    stack = dates(tmp_path)
    root = published(swath, tmp_path)
    swath("stack", root, "--assets", key_of(root), "-o", tmp_path / "x.zarr")
    data = xarray.open_zarr(tmp_path / "x.zarr", mask_and_scale=False, consolidated=False)
    name = key_of(root)
    array = data[name] if name in data else data[list(data.data_vars)[0]]
    values = array.transpose("time", ..., "y", "x").values.reshape(stack.shape)
    assert np.array_equal(values, stack)
    assert [str(t)[:10] for t in data.time.values] == ["2020-01-01", "2020-02-01", "2020-03-01"]
    assert data.x.values[0] == 500_015 and data.y.values[0] == 4_999_985


def test_one_item_is_read_by_ranges_of_only_the_blocks_needed(swath, tmp_path, serve):
    rasters.write(tmp_path / "raw/map.tif", rasters.noise((4096, 4096)), nodata=0)
    root = published(swath, tmp_path)
    server = serve(root)
    bounds = (500_000 + 30 * 1100, 5_000_000 - 30 * 1300, 500_000 + 30 * 1200, 5_000_000 - 30 * 1200)
    swath("stack", f"{server.url}/collection.json", "--assets", key_of(root), "--bounds", ",".join(map(str, bounds)), "-o", tmp_path / "x.tif")
    reads = server.of(".tif")
    assert reads and all(r.range for r in reads if r.method == "GET"), reads
    assert len(reads) <= 3, [(r.method, r.range) for r in reads]
    assert server.sent(".tif") < 1.5 * 512 * 512 * 2 + 65536
    assert np.array_equal(rasters.read(tmp_path / "x.tif")[0], rasters.noise((4096, 4096))[1200:1300, 1100:1200])


def test_a_coarse_stack_reads_the_overview(swath, tmp_path, serve):
    source = rasters.write(tmp_path / "raw/map.tif", rasters.noise((4096, 4096)), nodata=0)
    root = published(swath, tmp_path)
    server = serve(root)
    swath("stack", f"{server.url}/collection.json", "--assets", key_of(root), "--resolution", "240", "-o", tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.res == (240, 240) and dataset.shape in ((512, 512), (513, 513))
    assert server.sent(".tif") < source.stat().st_size / 10


def test_a_private_container_streams_with_its_token(swath, azurite, quad, tmp_path):
    root, whole = quad
    url = f"{azurite.url}/streamed/maps"
    swath("publish", url, cwd=root.parent, env={"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()})
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.container_sas("streamed")}
    swath("stack", url, "--assets", key_of(root), "-o", tmp_path / "x.tif", env=env)
    assert np.array_equal(rasters.read(tmp_path / "x.tif")[0], whole)


def picture(path):
    import struct
    import zlib

    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    raw, at = b"", 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == b"IDAT":
            raw += content[at + 8 : at + 8 + size]
        at += 12 + size
    return width, height, zlib.decompress(raw)


def test_the_plot_is_a_picture_of_a_size_a_person_would_show(swath, quad, tmp_path):
    root, _ = quad
    swath("stack", root, "--assets", key_of(root), "-o", tmp_path / "x.png")
    width, height, raw = picture(tmp_path / "x.png")
    assert 500 <= width <= 4000 and 400 <= height <= 4000
    assert len(set(raw)) > 50, "a picture of few colours"


def test_a_time_series_becomes_a_picture_too(swath, tmp_path):
    dates(tmp_path)
    root = published(swath, tmp_path)
    swath("stack", root, "--assets", key_of(root), "-o", tmp_path / "x.png")
    assert picture(tmp_path / "x.png")


def test_explain_reads_no_pixels_and_says_the_grid(swath, quad, serve):
    root, _ = quad
    server = serve(root)
    result = swath("stack", f"{server.url}/collection.json", "--assets", key_of(root), "--explain")
    assert "32633" in result.text and "30" in result.text, result
    assert not server.of(".tif") or server.sent(".tif") < 200_000


def test_a_missing_asset_is_an_error_that_names_it(swath, quad, tmp_path):
    import shutil

    root, _ = quad
    shutil.copytree(root, tmp_path / "copy")
    item = open_catalog(tmp_path / "copy").items[1]
    item.asset(key_of(root)).unlink()
    result = swath("stack", tmp_path / "copy", "--assets", key_of(root), "-o", tmp_path / "x.tif", rc={1, 3, 8})
    assert item.body["id"] in result.err, result
    assert not (tmp_path / "x.tif").exists()


@pytest.mark.parametrize("arguments", [["--assets", "nothing"], ["--crs", "EPSG:99999999"], ["--resolution", "-3"], ["--resampling", "magic"], ["--reduce", "magic"]])
def test_what_makes_no_sense_is_usage(swath, quad, tmp_path, arguments):
    root, _ = quad
    swath("stack", root, *arguments, "-o", tmp_path / "x.tif", rc={1, 2})
    assert not (tmp_path / "x.tif").exists()


def test_nothing_found_is_said(swath, quad, tmp_path):
    root, _ = quad
    result = swath("stack", root, "--bbox", "100,10,101,11", "-o", tmp_path / "x.tif", rc={1, 2})
    assert "no item" in result.err.lower() or "0 items" in result.err.lower(), result
