"""A peer: the GDAL COG driver over a folder of tiles, in one process.

    gdal_cog.py OUTPUT_FOLDER KEY=VALUE... -- INPUT...
Prints one JSON line: the version and the seconds inside the driver, without the interpreter's start.
"""
import json
import pathlib
import sys
import time

import rasterio
from rasterio.shutil import copy

at = sys.argv.index("--")
folder, options = pathlib.Path(sys.argv[1]), dict(word.split("=", 1) for word in sys.argv[2:at])
started = time.perf_counter()
with rasterio.Env(GDAL_CACHEMAX=512):
    for name in sys.argv[at + 1 :]:
        copy(name, folder / pathlib.Path(name).name, driver="COG", **options)
print(json.dumps({"inner": time.perf_counter() - started, "gdal": rasterio.__gdal_version__, "rasterio": rasterio.__version__}))
