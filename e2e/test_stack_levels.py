"""`stack`: at every resolution the pixels that GDAL would give."""
import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import from_origin
from rasterio.warp import reproject
from rasterio.windows import from_bounds

from support import rasters
from test_stack import key_of, published

SIDE = 2000
LEFT, TOP = 500_007, 5_000_011


@pytest.fixture(scope="module")
def coarse(swath, tmp_path_factory):
    """One file with overviews at 1:2 and 1:4, of noise with holes."""
    folder = tmp_path_factory.mktemp("levels")
    array = rasters.noise((SIDE, SIDE))
    array[300:700, 900:1300] = 0
    rasters.write(folder / "raw/map.tif", array, origin=(LEFT, TOP), nodata=0)
    root = published(swath, folder)
    (path,) = root.rglob("*.tif")
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1) == [2, 4]
    return root, path


@pytest.mark.parametrize("factor", [1, 1.04, 1.55, 1.7, 1.96, 2, 2.04, 3.2, 3.4, 3.96, 4, 4.04, 9.5])
def test_nearest_is_bit_equal_to_rasterio_around_every_overview(swath, coarse, tmp_path, factor):
    root, path = coarse
    step = 30 * factor
    count = int(SIDE / factor) - 7
    bounds = (LEFT, TOP - count * step, LEFT + count * step, TOP)
    swath("stack", root, "--bounds", ",".join(map(repr, bounds)), "--resolution", repr(step), "-o", tmp_path / "x.tif")
    with rasterio.open(path) as dataset:
        theirs = dataset.read(1, window=from_bounds(*bounds, dataset.transform), out_shape=(count, count), resampling=Resampling.nearest)
    ours = rasters.read(tmp_path / "x.tif")[0]
    assert ours.shape == theirs.shape and np.array_equal(ours, theirs), (ours != theirs).mean()


# Of the values' range: GDAL adds up in single precision.
TOLERANCE = {"bilinear": 1e-4, "cubic": 1e-4, "average": 1e-4, "min": 0, "max": 0}


@pytest.mark.parametrize("resampling", TOLERANCE)
def test_kernels_agree_with_rasterio(swath, tmp_path, resampling):
    array = rasters.smooth((SIDE // 4, SIDE // 4), "float32")
    array[100:140, 50:90] = -1
    source = rasters.write(tmp_path / "raw/map.tif", array, origin=(LEFT, TOP), nodata=-1)
    root = published(swath, tmp_path)
    factor, count = 1.5, int(SIDE / 4 / 1.5)
    bounds = (LEFT, TOP - count * 45, LEFT + count * 45, TOP)
    swath("stack", root, "--assets", key_of(root), "--bounds", ",".join(map(repr, bounds)), "--resolution", "45", "--resampling", resampling, "-o", tmp_path / "x.tif")
    ours = rasters.read(tmp_path / "x.tif")[0]
    theirs = np.full((count, count), -1, "float32")
    with rasterio.open(source) as dataset:
        options = {"dst_transform": from_origin(LEFT, TOP, 45, 45), "dst_crs": dataset.crs, "src_nodata": -1, "dst_nodata": -1, "XSCALE": 1 / factor, "YSCALE": 1 / factor}
        reproject(dataset.read(1), theirs, src_transform=dataset.transform, src_crs=dataset.crs, resampling=Resampling[resampling], **options)
    inner = np.s_[4:-4, 4:-4]
    both = (ours[inner] != -1) & (theirs[inner] != -1)
    assert ((ours[inner] != -1) == (theirs[inner] != -1)).mean() > 0.995
    worst = np.abs(ours[inner] - theirs[inner])[both].max()
    assert worst <= TOLERANCE[resampling] * (array.max() - 0), worst
