"""`stack --resampling`: the values that rasterio gives, with holes in the data, and where they differ by how much."""
import numpy as np
import pytest
import rasterio

from support import mosaic, rasters
from support.mosaic import Tile, north_up

UTM = "EPSG:32633"
GDAL = {"median": "med"}


def stacked(swath, items, out, *arguments):
    swath("stack", items, *arguments, "-o", out, "--overwrite")
    with rasterio.open(out) as dataset:
        return dataset.read(1, masked=True)


def with_holes(array, nodata):
    array = array.copy()
    array[np.random.default_rng(3).random(array.shape) < 0.1] = nodata
    array[100:160, 40:120] = nodata
    return array


def classes(shape, count=6):
    """Patches of a few classes, as a map of land cover has them."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    patches = (rows // 7 * 31 + cols // 5 * 17) % count + 1
    noisy = np.random.default_rng(0).random(shape) < 0.2
    return np.where(noisy, np.random.default_rng(1).integers(1, count + 1, shape), patches).astype("uint8")


def coarser(swath, folder, array, nodata, resampling, factor):
    """One file on its own CRS with pixels `factor` times as wide; ours and rasterio's."""
    items = mosaic.write(folder, [Tile("a", array, UTM, north_up(500_007, 5_000_011, 30), nodata=nodata)])
    step, count = 30 * factor, int(array.shape[0] / factor)
    bounds = (500_007, 5_000_011 - count * step, 500_007 + count * step, 5_000_011)
    ours = stacked(swath, items, folder / "x.tif", "--resolution", step, "--bounds", ",".join(map(repr, bounds)), "--resampling", resampling)
    scale = {"XSCALE": 1 / factor, "YSCALE": 1 / factor} if resampling in ("bilinear", "cubic") else {}
    return ours, mosaic.warped(folder / "a_b.tif", folder / "x.tif", GDAL.get(resampling, resampling), **scale)[0]


@pytest.mark.parametrize("factor", [2, 1.5, 3.7])
@pytest.mark.parametrize("resampling", ["average", "min", "max", "median", "bilinear", "cubic"])
def test_coarser_pixels_are_those_of_rasterio(swath, tmp_path, resampling, factor):
    array = with_holes(rasters.noise((300, 300), "float32", low=1), -9999)
    ours, theirs = coarser(swath, tmp_path, array, -9999, resampling, factor)
    assert np.array_equal(np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs))
    # GDAL adds up in single precision.
    np.testing.assert_allclose(ours.compressed(), theirs.compressed(), rtol=0, atol=0 if resampling in ("min", "max", "median") else 0.01)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_a_mode_of_whole_pixels_is_that_of_rasterio_ties_and_all(swath, tmp_path, dtype, factor):
    ours, theirs = coarser(swath, tmp_path, with_holes(classes((300, 300)), 0).astype(dtype), 0, "mode", factor)
    assert np.array_equal(ours.filled(0), theirs.filled(0))


def covering_most(array, nodata, factor):
    """For each coarse pixel the value that covers most of it; of equals the first to do so, row by row."""
    count = int(array.shape[0] / factor)
    out = np.full((count, count), nodata, array.dtype)
    for row in range(count):
        for col in range(count):
            sums, best = {}, None
            for r in range(int(row * factor + 1e-6), int(np.ceil((row + 1) * factor - 1e-6))):
                for c in range(int(col * factor + 1e-6), int(np.ceil((col + 1) * factor - 1e-6))):
                    value = array[r, c]
                    if value != nodata:
                        down = min(r + 1, (row + 1) * factor) - max(r, row * factor)
                        across = min(c + 1, (col + 1) * factor) - max(c, col * factor)
                        sums[value] = sums.get(value, 0) + down * across
                        if best is None or sums[value] > sums[best] * (1 + 1e-9):
                            best = value
            out[row, col] = nodata if best is None else best
    return out


def test_a_mode_counts_pixels_by_what_is_covered_of_them(swath, tmp_path):
    array = with_holes(classes((200, 200)), 0)
    ours, theirs = coarser(swath, tmp_path, array, 0, "mode", 1.6)
    assert (ours.filled(0) == covering_most(array, 0, 1.6)).mean() > 0.999
    # GDAL before 3.11 counts a pixel that is only touched like one that is covered.
    assert 0.6 < (ours.filled(0) == theirs.filled(0)).mean()


# Of values between 1500 and 4500 that change by about 40 from pixel to pixel.
TOLERANCE = {"bilinear": 2, "cubic": 2, "average": 15, "min": 60, "max": 60, "median": 40}


@pytest.mark.parametrize("resampling", TOLERANCE)
@pytest.mark.parametrize("crs,resolution", [("EPSG:32632", 25), ("EPSG:3857", 70), ("EPSG:3035", 90)])
def test_another_crs_is_near_to_rasterio(swath, tmp_path, resampling, crs, resolution):
    rows, cols = np.mgrid[0:400, 0:400]
    hills = (3000 + 1500 * np.sin(rows / 37) * np.cos(cols / 53)).astype("float32")
    hills[100:160, 40:120] = -1
    items = mosaic.write(tmp_path, [Tile("a", hills, UTM, north_up(500_007, 5_000_011, 30), nodata=-1)])
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", crs, "--resolution", resolution, "--resampling", resampling)
    theirs = mosaic.warped(tmp_path / "a_b.tif", tmp_path / "x.tif", GDAL.get(resampling, resampling))[0]
    both = ~np.ma.getmaskarray(ours) & ~np.ma.getmaskarray(theirs)
    # Around holes and edges GDAL's box may be one pixel wider or narrower.
    assert both.mean() > 0.5 and (np.ma.getmaskarray(ours) != np.ma.getmaskarray(theirs)).mean() < 0.01
    off = np.abs(ours - theirs)[both]
    assert np.percentile(off, 99) <= TOLERANCE[resampling], (np.percentile(off, 99), off.max())


DATES = ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]


def test_a_median_over_time_of_warped_tiles_is_that_of_rasterio_and_numpy(swath, tmp_path):
    tiles = []
    for number, date in enumerate(DATES):
        for part, col in (("l", 0), ("r", 150)):
            array = with_holes(rasters.noise((200, 200), "int16", seed=number * 2 + (part == "r"), low=1), -1)
            tiles.append(Tile(f"{part}{number}", array, UTM, north_up(500_007 + col * 30, 5_000_011, 30), nodata=-1, date=f"{date}T00:00:00Z"))
    items = mosaic.write(tmp_path, tiles)
    ours = stacked(swath, items, tmp_path / "x.tif", "--crs", "EPSG:32632", "--resolution", 30, "--reduce", "median")
    cube = []
    for number in range(len(DATES)):
        left, right = (mosaic.warped(tmp_path / f"{part}{number}_b.tif", tmp_path / "x.tif")[0].astype("float64").filled(np.nan) for part in "lr")
        cube.append(np.where(np.isnan(left), right, left))
    with np.testing.suppress_warnings() as quiet:
        quiet.filter(RuntimeWarning)
        expected = np.nanmedian(cube, axis=0)
    assert np.isfinite(expected).mean() > 0.4
    np.testing.assert_array_equal(ours.astype("float64").filled(np.nan), expected)
