"""Rasters made on the spot by rasterio, the way scientists have them."""
import pathlib

import numpy as np
import rasterio
from rasterio.transform import from_origin

UTM33 = "EPSG:32633"


def noise(shape, dtype="uint16", seed=0, low=1, high=10_000):
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return random.normal(0, 100, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(max(low, limits.min), min(high, limits.max), shape).astype(dtype)


def smooth(shape, dtype="uint16", seed=0):
    """Hills with a little noise: compresses like a map."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    hills = 3000 + 1500 * np.sin(rows / 37 + seed) * np.cos(cols / 53) + np.random.default_rng(seed).normal(0, 8, shape)
    return hills.astype(dtype)


def write(path, array, crs=UTM33, origin=(500_000, 5_000_000), step=30, nodata=None, **profile):
    """Writes (rows, cols) or (bands, rows, cols); returns the path."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    array = array if array.ndim == 3 else array[None]
    options = {"driver": "GTiff", "count": array.shape[0], "height": array.shape[1], "width": array.shape[2], "dtype": array.dtype, "nodata": nodata, "crs": crs}
    options |= {"transform": profile.pop("transform", None) or from_origin(*origin, step, step)} | profile
    with rasterio.open(path, "w", **options) as dataset:
        dataset.write(array)
    return path


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read()
