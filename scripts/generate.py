#!/usr/bin/env python3
"""Writes small GeoTIFFs (UTM 35N, 20 m, four dates, two bands) with nothing but the standard library.

    generate.py FOLDER
"""
import array
import math
import pathlib
import struct
import sys

SIZE = 200
LEFT, TOP, STEP = 400_000.0, 5_200_000.0, 20.0
NODATA = 0


def pixels(phase, band):
    """Hills that change with the season; a corner without data."""
    values = array.array("H")
    for row in range(SIZE):
        for col in range(SIZE):
            hills = math.sin(row / 23 + band) * math.cos(col / 31) + 0.3 * math.sin((row + col) / 7)
            season = math.sin(phase * math.pi / 2 + row / SIZE)
            values.append(NODATA if row + col < 30 else int(3000 + 1200 * hills + 600 * season))
    return values


def geotiff(values):
    """An uncompressed little-endian GeoTIFF in one strip."""
    keys = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32635]
    raster = struct.pack(f"<{len(values)}H", *values)
    entries = [  # tag, type, count, value
        (256, 3, 1, SIZE), (257, 3, 1, SIZE), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, None),
        (277, 3, 1, 1), (278, 3, 1, SIZE), (279, 4, 1, len(raster)), (339, 3, 1, 1),
        (33550, 12, 3, struct.pack("<3d", STEP, STEP, 0)),
        (33922, 12, 6, struct.pack("<6d", 0, 0, 0, LEFT, TOP, 0)),
        (34735, 3, len(keys), struct.pack(f"<{len(keys)}H", *keys)),
        (42113, 2, 2, None),
    ]
    extra_at = 8 + 2 + 12 * len(entries) + 4
    extra, directory = b"", struct.pack("<H", len(entries))
    long_values = sum(len(v) for *_, v in entries if isinstance(v, bytes))
    for tag, kind, count, value in entries:
        if isinstance(value, bytes):
            directory += struct.pack("<HHII", tag, kind, count, extra_at + len(extra))
            extra += value
        elif tag == 273:
            directory += struct.pack("<HHII", tag, kind, count, extra_at + long_values)
        elif tag == 42113:
            directory += struct.pack("<HHI4s", tag, kind, count, f"{NODATA}\0".encode())
        else:
            directory += struct.pack("<HHIHH" if kind == 3 else "<HHII", tag, kind, count, *([value, 0] if kind == 3 else [value]))
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + extra + raster


def main(folder):
    for phase, date in enumerate(["20230115", "20230415", "20230715", "20231015"]):
        for band in (4, 8):
            path = folder / f"hills_{date}_B{band}.tif"
            path.write_bytes(geotiff(pixels(phase, band)))
            print(f"wrote {path}")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    main(target)
