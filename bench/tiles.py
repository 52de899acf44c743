"""Raw tiles as a map project has them: hills with noise, a corner without data; and large images of the same kind."""
import pathlib

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

SIDE = 3000
NODATA = {"uint16": 0, "float32": -9999.0, "uint8": None}
BANDS = {"uint16": 1, "float32": 1, "uint8": 3}


def pixels(dtype, seed, first, count, width):
    """Rows `first` to `first + count` as (band, y, x)."""
    rows, cols = np.mgrid[first : first + count, 0:width].astype("float32")
    random = np.random.default_rng([seed, first])
    hills = 3000 + 1500 * np.sin(rows / 211 + seed) * np.cos(cols / 307) + 200 * np.sin((rows + 2 * cols) / 41)
    if dtype == "uint8":
        bands = [hills / 24 + shift + random.normal(0, 3, hills.shape).astype("float32") for shift in (0, 15, -20)]
        return np.clip(bands, 0, 255).astype(dtype)
    noise = random.normal(0, 6 if dtype == "uint16" else 0.4, hills.shape)
    values = hills + noise if dtype == "uint16" else np.round((hills + noise) / 10, 3)
    values[rows + cols < 700] = NODATA[dtype]
    return values.astype(dtype)[None]


def write(path, dtype, seed, side):
    """Strips without compression, as most raw files come."""
    profile = {"driver": "GTiff", "width": side, "height": side, "count": BANDS[dtype], "dtype": dtype, "crs": "EPSG:32633", "nodata": NODATA[dtype]}
    with rasterio.open(path, "w", transform=from_origin(500_000 + seed * side * 30, 5_000_000, 30, 30), **profile) as dataset:
        for first in range(0, side, 500):
            count = min(500, side - first)
            dataset.write(pixels(dtype, seed, first, count, side), window=Window(0, first, side, count))


def generate(folder, dtype, count, side=SIDE):
    """Reuses what an earlier call left."""
    paths = [pathlib.Path(folder) / f"{dtype}_{n}.tif" for n in range(count)]
    for n, path in enumerate(paths):
        if not path.exists():
            write(path, dtype, n, side)
    return paths
