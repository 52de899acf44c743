"""Many items as one table, a column at a time: items_table.py COUNT FILE. What `globe.item(k)` of the tests says of one item, for all k below COUNT."""
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from support import globe  # noqa: E402

#: Little-endian WKB of a polygon of one ring of five points, before its coordinates.
HEAD = np.frombuffer(b"\x01\x03\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00", dtype=np.uint8)


def boxes(k):
    u, v = (k * 0.6180339887498949) % 1, (k * 0.7548776662466927) % 1
    size = 0.25 + 9.75 * ((k * 7919) % 1000 / 1000) ** 4
    west, south = np.round(-180 + u * (360 - size), 6), np.round(-80 + v * (160 - size), 6)
    return west, south, np.round(west + size, 6), np.round(south + size, 6), size


def same(value, count, kind=None):
    return pa.array([value], kind).take(pa.array(np.zeros(count, dtype=np.int32)))


def lists(values, length):
    count = len(values) // length
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * length), pa.array(values))


def table(start, end):
    k = np.arange(start, end, dtype=np.int64)
    count, like = len(k), globe.item(0)
    west, south, east, north, size = boxes(k)
    ring = np.stack([west, south, east, south, east, north, west, north, west, south], axis=1)
    wkb = np.hstack([np.broadcast_to(HEAD, (count, len(HEAD))), ring.view(np.uint8).reshape(count, 80)])
    zero, one = np.zeros(count), np.ones(count)
    transform = np.stack([size / 3000, zero, west, zero, -size / 3000, north, zero, zero, one], axis=1)
    when = 1420070400 + ((k * 0.5698402909980532) % 1 * 10 * 365.25 * 86400).astype(np.int64)
    names = [f"item-{n:07d}" for n in k]
    asset = like["assets"]["b1"]
    assets = pa.StructArray.from_arrays(
        [
            pa.StructArray.from_arrays(
                [pa.array([f"https://host/cogs/{name}_b{b}.tif" for name in names]), same(asset["type"], count), same(asset["roles"], count)], ["href", "type", "roles"]
            )
            for b in (1, 2, 3, 4)
        ],
        ["b1", "b2", "b3", "b4"],
    )
    same_properties = {name: same(like["properties"][name], count) for name in ("proj:code", "proj:wkt2", "proj:shape")}
    return pa.table(
        {
            "type": same("Feature", count), "stac_version": same("1.1.0", count), "stac_extensions": same(like["stac_extensions"], count), "id": pa.array(names),
            "collection": same("data", count), "bbox": pa.StructArray.from_arrays([pa.array(v) for v in (west, south, east, north)], ["xmin", "ymin", "xmax", "ymax"]),
            "geometry": pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(np.arange(count + 1, dtype=np.int32) * 93), pa.py_buffer(wkb.tobytes())]),
            "datetime": pa.array(when * 1_000_000, pa.timestamp("us", "UTC")), "eo:cloud_cover": pa.array((k * 37) % 100), **same_properties,
            "proj:transform": lists(transform.reshape(-1), 9), "assets": assets,
        }
    )


def write(path, count, at_once=50_000):
    writer = None
    for start in range(0, count, at_once):
        part = table(start, min(count, start + at_once))
        writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
        writer.write_table(part)
    writer.close()


if __name__ == "__main__":
    write(sys.argv[2], int(sys.argv[1]))
