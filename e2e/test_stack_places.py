"""`stack` where maps end: poles, the antimeridian, longitudes to 360, several zones; bit-equal to rasterio where nothing is computed."""
import os

import numpy as np
import pyproj
import pytest
import rasterio

from support import mosaic, rasters
from support.mosaic import Tile, north_up

# Rows and columns of the tile that is warped at a real size.
REAL = int(os.environ.get("SWATH_REAL_SIZE", "500"))


def noise(shape, seed=0):
    return rasters.noise(shape, "uint16", seed=seed, high=60_000)


def stacked(swath, items, out, *arguments):
    swath("stack", items, *arguments, "-o", out, "--overwrite")
    with rasterio.open(out) as dataset:
        return dataset.read(1, masked=True)


def equal(ours, theirs, share=0):
    """Values and masks, but for this share of the pixels, and that there is something to compare."""
    assert (~np.ma.getmaskarray(theirs)).mean() > 0.2
    differ = (np.ma.getmaskarray(ours) != np.ma.getmaskarray(theirs)) | (ours.filled(0) != theirs.filled(0))
    assert differ.mean() <= share, f"{differ.sum()} of {differ.size} pixels"


POLES = [("EPSG:32633", (400_000, 8_700_000), "EPSG:3413"), ("EPSG:32633", (400_000, 8_700_000), "EPSG:3995"), ("EPSG:32733", (400_000, 2_000_000), "EPSG:3031")]


@pytest.mark.parametrize("utm,origin,polar", POLES)
def test_a_zone_lies_in_a_polar_map_as_rasterio_lays_it(swath, tmp_path, utm, origin, polar):
    items = mosaic.write(tmp_path, [Tile("a", noise((400, 500)), utm, north_up(*origin, 30), nodata=0)])
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", polar, "--resolution", 35)
    equal(ours, mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif")[0])


@pytest.mark.parametrize("top,polar", [(90, "EPSG:3413"), (90, "EPSG:3995"), (-50, "EPSG:3031")])
@pytest.mark.parametrize("left", [-180, 0])
def test_a_map_of_the_world_lies_around_the_pole_whatever_its_longitudes(swath, tmp_path, top, polar, left):
    world = noise((400, 3600))
    items = mosaic.write(tmp_path, [Tile("a", world, "EPSG:4326", north_up(left, top, 0.1), nodata=0)])
    bounds = "-3000000,-3000000,3000000,3000000"
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", polar, "--resolution", 20_000, "--bounds", bounds)
    rows, cols = np.mgrid[0:300, 0:300]
    lon, lat = pyproj.Transformer.from_crs(polar, 4326, always_xy=True).transform(-2_990_000 + cols * 20_000, 2_990_000 - rows * 20_000)
    col, row = np.floor((lon - left) % 360 / 0.1 + 1e-8).astype(int) % 3600, np.floor((top - lat) / 0.1 + 1e-8).astype(int)
    # On the antimeridian itself either end of the map is right.
    inside, seam = (row >= 0) & (row < 400), np.abs(np.abs(lon) - 180) < 1e-9
    expected = np.where(inside, world[row.clip(0, 399), col], 0)
    assert inside.mean() > 0.9 and np.array_equal(ours.filled(0)[~seam], expected[~seam])
    assert (~np.ma.getmaskarray(ours))[seam & inside].all()


@pytest.mark.parametrize("polar", ["EPSG:3413", "EPSG:3031", "EPSG:3995"])
def test_a_polar_map_on_its_own_grid_and_in_degrees(swath, tmp_path, polar):
    left, right = noise((300, 400)), noise((300, 400), seed=1)
    tiles = [Tile("a", left, polar, north_up(-500_000, 400_000, 2000), nodata=0), Tile("b", right, polar, north_up(300_000, 400_000, 2000), nodata=0)]
    items = mosaic.write(tmp_path, tiles)
    assert np.array_equal(stacked(swath, items, tmp_path / "x.tif"), np.hstack([left, right]))
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", "EPSG:4326", "--resolution", 0.1)
    a, b = (mosaic.warped(tmp_path / f"{name}_b.tif", tmp_path / "x.tif")[0] for name in "ab")
    equal(ours, np.ma.where(np.ma.getmaskarray(a), b, a))
    with rasterio.open(tmp_path / "x.tif") as dataset:
        # It holds the pole, and so every longitude.
        west, south, east, north = (round(edge, 6) for edge in dataset.bounds)
        assert (west, east) == (-180, 180) and 90 in (north, -south)


@pytest.mark.parametrize("left", [-180, 180])
def test_tiles_on_both_sides_of_the_antimeridian_are_one_map(swath, tmp_path, left):
    """`left` is what the eastern tile calls its first column."""
    west, east = noise((200, 300)), noise((200, 300), seed=1)
    both = np.hstack([west, east])
    tiles = [Tile("west", west, "EPSG:4326", north_up(177, 10, 0.01), nodata=0), Tile("east", east, "EPSG:4326", north_up(left, 10, 0.01), nodata=0)]
    items = mosaic.write(tmp_path, tiles)
    assert np.array_equal(stacked(swath, items, tmp_path / "x.tif"), both)
    assert np.array_equal(stacked(swath, items, tmp_path / "x.tif", "--bbox", "179,8.5,-179,9.5"), both[50:150, 200:400])
    for crs in ("EPSG:3832", "EPSG:32601", "EPSG:3857"):
        bounds = ["--bounds", "-20030000,900000,-19800000,1100000"] if crs == "EPSG:3857" else ["--bbox", "179,8.5,-179,9.5"]
        ours = stacked(swath, items, tmp_path / "x.tif", "--crs", crs, "--resolution", 1000, *bounds)
        with rasterio.open(tmp_path / "x.tif") as dataset:
            rows, cols = np.mgrid[0 : dataset.height, 0 : dataset.width]
            x, y = dataset.transform * (cols + 0.5, rows + 0.5)
        lon, lat = pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
        col, row = np.floor((lon % 360 - 177) / 0.01 + 1e-7).astype(int), np.floor((10 - lat) / 0.01 + 1e-7).astype(int)
        inside = (col >= 0) & (col < 600) & (row >= 0) & (row < 200)
        assert inside.mean() > 0.9, crs
        assert np.array_equal(ours.filled(0), np.where(inside, both[row.clip(0, 199), col.clip(0, 599)], 0)), crs


@pytest.mark.parametrize("box", ["-20,0,-10,10", "350,0,355,10", "-5,0,5,10", "170,-10,-170,10"])
def test_a_map_of_longitudes_to_360_is_found_by_any_box(swath, tmp_path, box):
    world = noise((180, 360))
    items = mosaic.write(tmp_path, [Tile("a", world, "EPSG:4326", north_up(0, 90, 1), nodata=0)])
    ours = stacked(swath, items, tmp_path / "x.tif", "--bbox", box)
    west, south, east, north = map(int, box.split(","))
    cols = np.arange(west, east + (360 if east < west else 0)) % 360
    assert np.array_equal(ours.data, world[90 - north : 90 - south, cols])


def test_a_box_over_the_antimeridian_reaches_the_end_of_a_map_that_is_cut_there(swath, tmp_path):
    items = mosaic.write(tmp_path, [Tile("a", noise((18, 36)), "EPSG:4326", north_up(0, 90, 10), nodata=0)])
    stacked(swath, items, tmp_path / "x.tif", "--crs", "EPSG:3857", "--resolution", 100_000, "--bbox", "170,-10,-170,10")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.bounds.left <= -20_037_508 and dataset.bounds.right >= 20_037_508


def test_a_map_around_the_antimeridian_in_its_own_crs(swath, tmp_path):
    array = noise((250, 300))
    items = mosaic.write(tmp_path, [Tile("a", array, "EPSG:3832", north_up(3_000_000, 1_500_000, 2000), nodata=0)])
    assert np.array_equal(stacked(swath, items, tmp_path / "x.tif"), array)
    for arguments in ([], ["--bbox", "179,9,-179,12"], ["--bbox", "-180,9,-178,12"]):
        ours = stacked(swath, items, tmp_path / "x.tif", "--crs", "EPSG:4326", "--resolution", 0.02, *arguments)
        equal(ours, mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif")[0])


def test_zones_on_either_side_of_the_antimeridian_on_one_grid(swath, tmp_path):
    last = Tile("a", noise((300, 400)), "EPSG:32660", north_up(800_000, 1_000_000, 100), nodata=0)
    first = Tile("b", noise((300, 400), seed=1), "EPSG:32601", north_up(165_000, 1_000_000, 100), nodata=0)
    items = mosaic.write(tmp_path, [last, first])
    for arguments in (["--crs", "EPSG:4326", "--resolution", 0.002], ["--crs", "EPSG:3832", "--resolution", 150], ["--crs", "EPSG:32601"], []):
        ours = stacked(swath, items, tmp_path / "x.tif", *arguments)
        a, b = (mosaic.warped(tmp_path / f"{name}_b.tif", tmp_path / "x.tif")[0] for name in "ab")
        equal(ours, np.ma.where(np.ma.getmaskarray(a), b, a))


def test_several_crs_in_one_stack(swath, tmp_path):
    tiles = [
        Tile("a", noise((200, 200)), "EPSG:32632", north_up(960_000, 5_000_000, 30), nodata=0),
        Tile("b", noise((200, 200), seed=1), "EPSG:32633", north_up(489_000, 5_000_000, 30), nodata=0),
        Tile("c", noise((200, 200), seed=2), "EPSG:4326", north_up(14.86, 45.15, 0.0003), nodata=0),
        Tile("d", noise((200, 200), seed=3), "EPSG:3035", north_up(4_700_000, 2_470_000, 30), nodata=0),
    ]
    items = mosaic.write(tmp_path, tiles)
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", "EPSG:32633", "--resolution", 30, "--bounds", "480000,4990000,500000,5000010")
    expected = np.ma.masked_all(ours.shape, "uint16")
    for tile in "abcd":
        there = mosaic.warped(tmp_path / f"{tile}_b.tif", tmp_path / "x.tif")[0]
        expected = np.ma.where(np.ma.getmaskarray(expected), there, expected)
    equal(ours, expected)


@pytest.mark.parametrize("crs,resolution", [("EPSG:32632", 30), ("EPSG:3857", 45), ("EPSG:3035", 33.3), ("EPSG:4326", 0.0003)])
def test_nearest_in_another_crs_is_bit_equal_at_a_real_size(swath, tmp_path, crs, resolution):
    items = mosaic.write(tmp_path, [Tile("a", noise((REAL, REAL)), "EPSG:32633", north_up(500_007, 5_000_011, 30), nodata=0)])
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", crs, "--resolution", resolution)
    # Two versions of PROJ place EPSG:3035 up to half a millimetre apart. Elsewhere only a position within a hundred-millionth of a
    # pixel of an edge may fall to either side: one pixel in 20 million.
    equal(ours, mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif")[0], share=1e-4 if crs == "EPSG:3035" else 1e-7)
    # By default GDAL lets positions be off by an eighth of a pixel, and picks another pixel here and there.
    usual = mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif", tolerance=0.125)[0]
    assert 0.9 < (ours.filled(0) == usual.filled(0)).mean() <= 1
