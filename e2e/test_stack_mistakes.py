"""`stack` asked the wrong way: each answer says what was found and what would be right, and nothing is left behind."""
import pytest

from support import mosaic, rasters
from support.mosaic import Tile, north_up


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    array = rasters.smooth((300, 400))
    tiles = [Tile("a", array, "EPSG:32633", north_up(500_007, 5_000_011, 30), nodata=0, asset=asset) for asset in ("height", "slope")]
    return mosaic.write(tmp_path_factory.mktemp("mistakes"), tiles)


MISTAKES = [
    (["--bbox", "10,10,20,20"], "no item was found", "widen --bbox"),
    (["--datetime", "2031"], "no item was found", "widen --datetime"),
    (["--bbox", "10,10,20,20", "--datetime", "2031"], "no item was found", "widen one of --bbox, --datetime"),
    (["--bbox", "500000,4990000,510000,5000000"], "is no box", "in longitude and latitude, not in the CRS of the data"),
    (["--assets", "hieght"], 'no asset or band is called "hieght"', 'did you mean "height"?'),
    (["--assets", "xyz"], "assets: height, slope", ""),
    (["--bounds", "15,45,16,46"], "no asset meets the frame 15,45,16,46 of EPSG:32633", "--bounds is in units of EPSG:32633; --bbox takes degrees"),
    (["--bounds", "100000,10,200000,20"], "the data lies within 500007,4991011,512007,5000011", ""),
    (["--crs", "EPSG:99999"], "EPSG:99999", "right: EPSG:4326, WKT, PROJJSON or a PROJ string"),
    (["--resampling", "linear"], '"linear"', "nearest, bilinear, cubic"),
    (["--reduce", "avg"], '"avg"', "mean, median"),
    (["--resolution", "ten"], '"ten"', "one positive number"),
    (["--resolution", "0.00001"], "the array would take", "its pixels are 0.00001 x 0.00001: --resolution is in units of the CRS"),
    (["--resolution", "0.000001"], "12000000000 pixels between 500007 and 512007", "a resolution is in units of the CRS"),
    (["--resolution", "0.0007"], "the array takes", "coarser pixels with --resolution"),
]


@pytest.mark.parametrize("arguments,found,right", MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_mistake_is_answered_with_what_would_be_right(swath, items, tmp_path, arguments, found, right):
    result = swath("stack", items, *arguments, "-o", tmp_path / "x.zarr", rc={1, 2, 7}, memory=4 << 30)
    assert found in result.err and right in result.err, result
    assert list(tmp_path.iterdir()) == []


def test_a_plan_of_any_size_can_be_looked_at(swath, items):
    for resolution in ("0.001", "0.1", "30"):
        result = swath("stack", items, "--resolution", resolution, "--explain", memory=4 << 30)
        assert "array   time 1 x band 2" in result.out and "\nreads   " in result.out


def test_a_run_says_how_large_its_array_is(swath, items, tmp_path):
    assert "time 1 x band 2 x y 300 x x 400, uint16, 468.8 KiB" in swath("stack", items, "-o", tmp_path / "x.zarr").err
