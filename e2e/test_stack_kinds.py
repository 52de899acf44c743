"""`stack` of every kind of file: types, masks, alpha, grids that are turned or upside down; and of files that have no place."""
import json
import shutil
import subprocess
import sys
import pathlib

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine

from support import mosaic, rasters
from support.mosaic import Tile, north_up

UTM = "EPSG:32633"
PLACE = north_up(500_007, 5_000_011, 30)
ELSEWHERE = ["--crs", "EPSG:32632", "--resolution", 25]


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(masked=True)


def stacked(swath, items, out, *arguments):
    swath("stack", items, *arguments, "-o", out, "--overwrite")
    return read(out)


def values(dtype):
    random = np.random.default_rng(0)
    if dtype == "float16":
        return (random.random((200, 220)) * 100).astype("float16").astype("float32")
    if dtype.startswith("complex"):
        return (random.normal(size=(200, 220)) + 1j * random.normal(size=(200, 220))).astype(dtype)
    if np.dtype(dtype).kind == "f":
        return (random.random((200, 220)) * 1e9).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, (200, 220), dtype=dtype, endpoint=True)


TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_is_bit_equal_on_its_own_grid_and_on_another(swath, tmp_path, dtype):
    array = values(dtype)
    tile = Tile("a", array, UTM, PLACE, profile={"NBITS": 16} if dtype == "float16" else {}, silent=dtype.startswith("complex"))
    items = mosaic.write(tmp_path, [tile])
    ours = stacked(swath, items, tmp_path / "x.tif")
    assert ours.dtype == array.dtype and np.array_equal(ours.data[0], array)
    # Every pixel that nearest gives is one of the file's, with all its digits: GDAL's go through a double.
    ours = stacked(swath, items, tmp_path / "x.tif", *ELSEWHERE)[0]
    there = mosaic.write(tmp_path / "index", [Tile("a", np.arange(array.size, dtype="uint32").reshape(array.shape) + 1, UTM, PLACE, nodata=0)])
    index = stacked(swath, there, tmp_path / "y.tif", *ELSEWHERE)[0].filled(0)
    inside = index > 0
    assert inside.mean() > 0.5 and np.array_equal(ours.data[inside], array.ravel()[index[inside] - 1])
    assert np.array_equal(index, mosaic.warped(tmp_path / "index/a_b.tif", tmp_path / "y.tif")[0].filled(0))


def test_complex_numbers_are_refused_where_they_have_no_order(swath, tmp_path):
    items = mosaic.write(tmp_path, [Tile("a", values("complex64"), UTM, PLACE, silent=True)])
    for arguments, words in (([*ELSEWHERE, "--resampling", "bilinear"], "nearest only"), (["--reduce", "median"], "no order")):
        result = swath("stack", items, *arguments, "-o", tmp_path / "x.tif", rc={1, 2})
        assert words in result.err and not (tmp_path / "x.tif").exists()
    assert ".zarr or .tif" in swath("stack", items, "-o", tmp_path / "x.nc", rc={1, 2}).err


def holes():
    mask = (np.random.default_rng(1).random((300, 320)) > 0.3).astype("uint8") * 255
    mask[100:200, 150:250] = 0
    return mask


def masked(bands=1, nodata=None):
    array = rasters.noise((bands, 300, 320), "uint8", low=0, high=255)
    return Tile("a", array if bands > 1 else array[0], UTM, PLACE, mask=holes(), nodata=nodata)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "cubic"])
def test_an_internal_mask_is_the_mask_of_the_array(swath, tmp_path, bands, resampling):
    items = mosaic.write(tmp_path, [masked(bands)])
    ours = stacked(swath, items, tmp_path / "x.tif", *ELSEWHERE, "--resampling", resampling)
    theirs = mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif", resampling)
    # It says what was masked in an alpha band only, and fades the values along with it.
    alpha = mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif", resampling, add_alpha=True)[-1].filled(0)
    assert ours.shape[0] == bands
    for band in range(bands):
        assert np.array_equal(~np.ma.getmaskarray(ours)[band], alpha > 0)
        off = np.abs(ours[band].astype("int16") - theirs.data[band].astype("int16"))
        assert off.max() <= (0 if resampling == "nearest" else 1)


def test_a_mask_beside_a_nodata_value_counts_as_well(swath, tmp_path):
    tile = masked(nodata=7)
    ours = stacked(swath, mosaic.write(tmp_path, [tile]), tmp_path / "x.tif")[0]
    assert np.array_equal(np.ma.getmaskarray(ours), (tile.mask == 0) | (tile.array == 7))
    assert np.array_equal(ours.compressed(), tile.array[(tile.mask > 0) & (tile.array != 7)])


@pytest.mark.parametrize("colours", [1, 3])
def test_alpha_is_a_mask_and_a_band_that_can_be_asked_for(swath, tmp_path, colours):
    bands = np.concatenate([rasters.noise((colours, 300, 320), "uint8", low=0, high=255), holes()[None]])
    profile = {"ALPHA": "YES", "photometric": "RGB" if colours == 3 else "MINISBLACK"}
    items = mosaic.write(tmp_path, [Tile("a", bands, UTM, PLACE, profile=profile)])
    with rasterio.open(tmp_path / "a_b.tif") as dataset:
        assert dataset.colorinterp[-1] == ColorInterp.alpha
    names = ",".join(f"b{n + 1}" for n in range(colours))
    ours = stacked(swath, items, tmp_path / "x.tif", "--assets", names)
    assert ours.shape[0] == colours and np.array_equal(ours.data * (bands[-1] > 0), bands[:-1] * (bands[-1] > 0))
    assert (np.ma.getmaskarray(ours) == (bands[-1] == 0)).all()
    alpha = stacked(swath, items, tmp_path / "x.tif", "--assets", f"b{colours + 1}")
    assert np.array_equal(alpha.filled(0)[0], bands[-1])


@pytest.fixture(scope="module", params=["swath", "rio-cogeo"])
def masked_cog(request, swath, tmp_path_factory):
    """Items of one COG with an internal mask."""
    folder = tmp_path_factory.mktemp(request.param)
    items = mosaic.write(folder, [masked()])
    source, cog = folder / "a_b.tif", folder / "cog.tif"
    if request.param == "swath":
        swath("cog", source, cog, "--blocksize", 128, "--overview-resampling", "nearest")
    else:
        rio = pathlib.Path(sys.executable).with_name("rio")
        subprocess.run([rio, "cogeo", "create", source, cog, "--blocksize", "128", "--overview-resampling", "nearest", "--add-mask", "-q"], check=True)
    shutil.move(cog, source)
    return items


@pytest.mark.parametrize("resolution", [30, 37, 60, 62, 120])
def test_masks_of_overviews_go_with_their_pixels(swath, masked_cog, tmp_path, resolution):
    items = masked_cog
    rows, cols = (int(size * 30 / resolution) for size in (300, 320))
    bounds = (500_007, 5_000_011 - rows * resolution, 500_007 + cols * resolution, 5_000_011)
    ours = stacked(swath, items, tmp_path / "x.tif", "--resolution", resolution, "--bounds", ",".join(map(str, bounds)))[0]
    with rasterio.open(items.parent / "a_b.tif") as dataset:
        assert dataset.overviews(1)[:1] == [2]
        window = rasterio.windows.from_bounds(*bounds, dataset.transform)
        theirs = dataset.read(1, window=window, out_shape=(rows, cols), resampling=Resampling.nearest, masked=True)
    assert np.array_equal(np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs)) and np.array_equal(ours.compressed(), theirs.compressed())


TURNED = Affine.translation(500_000, 5_000_000) @ Affine.rotation(25) @ Affine.scale(30, -30)
UPSIDE_DOWN = Affine(30, 0, 500_007, 0, 30, 5_000_011)


@pytest.mark.parametrize("transform", [TURNED, UPSIDE_DOWN], ids=["turned", "upside down"])
@pytest.mark.parametrize("arguments", [["--resolution", 20], ELSEWHERE])
def test_a_grid_that_is_turned_is_laid_straight(swath, tmp_path, transform, arguments):
    items = mosaic.write(tmp_path, [Tile("a", rasters.noise((200, 220)), UTM, transform, nodata=0)])
    ours = stacked(swath, items, tmp_path / "x.tif", *arguments)
    theirs = mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif")
    assert (~np.ma.getmaskarray(ours)).mean() > 0.4
    assert np.array_equal(ours.filled(0), theirs.filled(0))


def test_rows_from_south_to_north_join_those_from_north_to_south(swath, tmp_path):
    array = rasters.noise((200, 220))
    right = north_up(500_007 + 220 * 30, 5_000_011 + 200 * 30, 30)
    items = mosaic.write(tmp_path, [Tile("a", array, UTM, UPSIDE_DOWN, nodata=0), Tile("b", array, UTM, right, nodata=0)])
    assert np.array_equal(stacked(swath, items, tmp_path / "x.tif")[0].data, np.hstack([array[::-1], array]))


def test_files_that_mean_nothing_by_different_values_lose_none(swath, tmp_path):
    left, right = rasters.noise((60, 80), "uint8", low=0, high=200), rasters.noise((60, 80), "int16", seed=1, low=-300, high=300)
    right[:10], right[20:30] = -99, 0
    tiles = [Tile("a", left, UTM, PLACE, nodata=0), Tile("b", right, UTM, north_up(500_007 + 40 * 30, 5_000_011, 30), nodata=-99)]
    result = swath("stack", mosaic.write(tmp_path, tiles), "-o", tmp_path / "x.tif")
    # 0 is a value of one of them; -99 is none of either.
    assert "nodata differs (0, -99): the array uses -99" in result.err
    expected = np.full((60, 120), -99, "int16")
    expected[:, 40:] = right
    expected[:, :80] = np.where(left > 0, left, expected[:, :80])
    assert np.array_equal(read(tmp_path / "x.tif").filled(-99)[0], expected)
    items = mosaic.write(tmp_path, [Tile("a", right, UTM, PLACE, nodata=0), Tile("b", right, UTM, PLACE, nodata=-99)])
    assert "where a file holds that as a value it counts as none" in swath("stack", items, "-o", tmp_path / "y.tif").err


def test_a_nodata_value_that_no_pixel_can_hold_means_nothing(swath, tmp_path):
    array = rasters.noise((60, 80), "uint8", low=0, high=200)
    items = mosaic.write(tmp_path, [Tile("a", array, UTM, PLACE, fields={"nodata": -9999})])
    ours = stacked(swath, items, tmp_path / "x.tif", *ELSEWHERE)
    assert ours.dtype == "uint8" and not np.ma.getmaskarray(ours).all() and np.ma.getmaskarray(ours).any()
    assert np.array_equal(np.ma.getmaskarray(ours)[0], mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif", add_alpha=True)[-1].filled(0) == 0)


def test_bands_of_one_file_in_any_order_with_scale_and_offset(swath, tmp_path):
    bands = rasters.noise((4, 100, 120), "int16")
    named = [{"name": name, "raster:scale": 0.5, "raster:offset": float(n)} for n, name in enumerate(("red", "green", "blue", "nir"))]
    items = mosaic.write(tmp_path, [Tile("a", bands, UTM, PLACE, nodata=-1, fields={"bands": named})])
    ours = stacked(swath, items, tmp_path / "x.tif", "--assets", "nir,b:green,b:1")
    assert np.array_equal(ours.data, bands[[3, 1, 0]])
    rescaled = stacked(swath, items, tmp_path / "x.tif", "--assets", "nir,red", "--rescale")
    assert np.allclose(rescaled, np.stack([bands[3] * 0.5 + 3, bands[0] * 0.5]))


def test_a_file_without_a_place_says_what_is_missing(swath, tmp_path):
    with rasterio.open(tmp_path / "a_b.tif", "w", driver="GTiff", height=20, width=30, count=1, dtype="uint8") as dataset:
        dataset.write(np.ones((1, 20, 30), "uint8"))
        points = [GroundControlPoint(0, 0, 500_000, 5_000_000), GroundControlPoint(0, 30, 500_900, 5_000_000), GroundControlPoint(20, 0, 500_000, 4_999_400)]
        dataset.gcps = (points, rasterio.crs.CRS.from_epsg(32633))
    asset = {"href": "./a_b.tif", "type": mosaic.TYPE}
    item = {"type": "Feature", "stac_version": "1.1.0", "id": "a", "bbox": [15, 45, 16, 46], "geometry": mosaic.outline([15, 45, 16, 46]), "links": []}
    item |= {"properties": {"datetime": "2020-01-01T00:00:00Z"}, "assets": {"b": asset}}
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    result = swath("stack", tmp_path / "items.json", "-o", tmp_path / "x.tif", rc=1)
    assert "item a, asset b" in result.err and "ground control points" in result.err and "gdalwarp" in result.err
