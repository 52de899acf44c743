"""`stack --order`: whose pixel stays where items of one time step overlap, whatever the threads and the memory."""
import numpy as np
import pytest

from support import mosaic, rasters
from support.mosaic import Tile, north_up

# (id, time of the day, cloud cover, first column): each covers half of the one before and has holes of its own.
ITEMS = [("c", "10:00:00", 30, 0), ("a", "12:00:00", 10, 40), ("b", "12:00:00", 20, 80), ("d", "08:00:00", 40, 120)]


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory):
    tiles = []
    for number, (name, time, cloud, col) in enumerate(ITEMS):
        array = np.full((60, 80), number + 1, "uint8")
        array[number * 10 : number * 10 + 10] = 0
        place = north_up(500_000 + col * 30, 5_000_000, 30)
        tiles.append(Tile(name, array, "EPSG:32633", place, nodata=0, date=f"2020-06-01T{time}Z", properties={"eo:cloud_cover": cloud}))
    return mosaic.write(tmp_path_factory.mktemp("order"), tiles), {tile.name: (tile.array, col) for tile, (*_, col) in zip(tiles, ITEMS)}


def expected(arrays, order):
    out = np.zeros((60, 200), "uint8")
    for name in order:
        array, col = arrays[name]
        part = out[:, col : col + 80]
        part[:] = np.where(part == 0, array, part)
    return out


ORDERS = {
    (): "dcab",
    ("--order", "oldest"): "dcab",
    ("--order", "newest"): "abcd",
    ("--order", "first", "--sortby", "eo:cloud_cover"): "abcd",
    ("--order", "last", "--sortby", "eo:cloud_cover"): "dcba",
    ("--order", "first", "--sortby", "-eo:cloud_cover"): "dcba",
    ("--order", "first", "--sortby", "id"): "abcd",
    ("--order", "last", "--sortby", "id"): "dcba",
}


@pytest.mark.parametrize("arguments", ORDERS, ids=" ".join)
def test_the_pixel_that_stays_is_that_of_the_item_asked_for(swath, overlapping, tmp_path, arguments):
    items, arrays = overlapping
    swath("stack", items, "--groupby", "solar_day", *arguments, "-o", tmp_path / "x.tif")
    assert np.array_equal(rasters.read(tmp_path / "x.tif")[0], expected(arrays, ORDERS[arguments]))


def test_threads_and_memory_do_not_change_the_order(swath, overlapping, tmp_path):
    items, _ = overlapping
    told = ["stack", items, "--groupby", "solar_day", "--crs", "EPSG:32632", "--resolution", 10, "--order", "newest"]
    made = set()
    for number, (jobs, memory) in enumerate(((1, "1GiB"), (8, "1GiB"), (8, "1MiB"), (3, "1MiB"))):
        out = tmp_path / f"{number}.tif"
        swath(*told, "--jobs", jobs, "--max-memory", memory, "-o", out)
        made.add(rasters.read(out).tobytes())
    assert len(made) == 1


def test_the_order_is_said_and_a_wrong_one_is_answered_with_the_right_ones(swath, overlapping, tmp_path):
    items, _ = overlapping
    assert "the newest stays" in swath("stack", items, "--order", "newest", "--explain").out
    assert "oldest, newest, first, last" in swath("stack", items, "--order", "topmost", "-o", tmp_path / "x.tif", rc=2).err
