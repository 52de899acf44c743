"""Raw tiles as a map project has them: 3000 x 3000, hills with noise, a corner without data."""
import pathlib

import numpy as np
import rasterio
from rasterio.transform import from_origin

SIDE = 3000
NODATA = {"uint16": 0, "float32": -9999.0}


def pixels(dtype, seed):
    rows, cols = np.mgrid[0:SIDE, 0:SIDE].astype("float32")
    random = np.random.default_rng(seed)
    hills = 3000 + 1500 * np.sin(rows / 211 + seed) * np.cos(cols / 307) + 200 * np.sin((rows + 2 * cols) / 41)
    noise = random.normal(0, 6 if dtype == "uint16" else 0.4, hills.shape)
    values = hills + noise if dtype == "uint16" else np.round((hills + noise) / 10, 3)
    values[rows + cols < 700] = NODATA[dtype]
    return values.astype(dtype)


def generate(folder, dtype, count):
    """Strips without compression, as most raw files come; reuses what an earlier run left."""
    paths = []
    for n in range(count):
        path = pathlib.Path(folder) / f"{dtype}_{n}.tif"
        paths.append(path)
        if path.exists():
            continue
        profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": dtype, "crs": "EPSG:32633", "nodata": NODATA[dtype]}
        with rasterio.open(path, "w", transform=from_origin(500_000 + n * SIDE * 30, 5_000_000, 30, 30), **profile) as dataset:
            dataset.write(pixels(dtype, n), 1)
    return paths
