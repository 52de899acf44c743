"""Landsat scenes made on the spot, named and laid out as the real ones of the sample data: 19 scenes of 3 tiles, 12 bands each."""
import pathlib

import numpy as np

from . import rasters

SCENES = """
014031_20180106_20180119 013032_20180131_20180207 014032_20180311_20180320 013032_20180405_20180417 013032_20180421_20180502
014031_20180428_20180502 014032_20180428_20180502 014031_20180530_20180614 014032_20180615_20180703 013032_20180710_20180717
013032_20180827_20180911 014031_20180903_20180912 014032_20180903_20180912 014031_20181005_20181010 013032_20181030_20181115
014032_20181122_20181129 013032_20181201_20181211 014032_20181208_20181226 013032_20181217_20181227
""".split()
BANDS = [*(f"B{n}" for n in range(1, 12)), "BQA"]
PLACE = {"013032": (528_000, 4_582_000), "014031": (441_000, 4_740_000), "014032": (396_000, 4_582_000)}


def write(folder):
    """No nodata tag, zeros around a turned square, and an origin that moves a little from scene to scene."""
    for number, scene in enumerate(SCENES):
        tile, date, _ = scene.split("_")
        left, top = PLACE[tile]
        for band in BANDS:
            height, width, step = (156, 153, 1500 + number) if band == "B8" else (78, 76, 3000 + number)
            rows, cols = np.mgrid[0:height, 0:width]
            inside = np.abs(rows - height / 2) + np.abs(cols - width / 2) < width * 0.48
            values = rasters.smooth((height, width), seed=number + len(band)) + 4000
            path = pathlib.Path(folder) / f"LC08_L1TP_{scene}_01_T1" / f"LC08_L1TP_{tile}_{date}_{band}.TIF"
            rasters.write(path, np.where(inside, values, 0).astype("uint16"), crs="EPSG:32618", origin=(left + 30 * number, top), step=step, compress="lzw")
    return folder
