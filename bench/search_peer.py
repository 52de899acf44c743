"""One search by a peer, in a process of its own: search_peer.py pystac|rustac|duckdb|pyarrow URL WEST SOUTH EAST NORTH

The last line says how many items were found and how long that took, imports apart. BENCH_PEERS names a folder with rustac 0.9.17 and DuckDB's extensions.
"""
import glob
import json
import os
import shutil
import sys
import time

peer, url, *box = sys.argv[1:]
box = [float(v) for v in box]
PEERS = os.environ.get("BENCH_PEERS", "")


def extensions():
    """In the folders that DuckDB looks in."""
    home = os.path.join(PEERS, "extensions")
    for file in glob.glob(os.path.join(PEERS, "duckdb_extension_*/extensions/v*/*.duckdb_extension")):
        folder = os.path.join(home, os.path.basename(os.path.dirname(file)), "linux_amd64")
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(target := os.path.join(folder, os.path.basename(file))):
            shutil.copy(file, target)
    return home


if peer == "pystac":
    import pystac
    from shapely.geometry import box as rectangle

    def search():
        wanted = rectangle(*box)
        return [item for item in pystac.Catalog.from_file(url).get_items(recursive=True) if rectangle(*item.bbox).intersects(wanted)]
elif peer == "rustac":
    sys.path.insert(0, PEERS)
    import rustac

    client = rustac.DuckdbClient(extension_directory=extensions(), install_extensions=False, extensions=["spatial", "icu", "httpfs", "parquet", "json"])

    def search():
        return client.search(url, bbox=box)
elif peer == "duckdb":
    import duckdb

    connection = duckdb.connect(config={"extension_directory": extensions()})
    connection.load_extension("httpfs")

    def search():
        where = f"bbox.xmin <= {box[2]} and bbox.xmax >= {box[0]} and bbox.ymin <= {box[3]} and bbox.ymax >= {box[1]}"
        return connection.sql(f"select * from read_parquet('{url}') where {where}").fetchall()
elif peer == "pyarrow":
    import fsspec
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    corner = lambda name: pc.field("bbox", name)
    near = (corner("xmin") <= box[2]) & (corner("xmax") >= box[0]) & (corner("ymin") <= box[3]) & (corner("ymax") >= box[1])

    def search():
        return pq.read_table(url, filesystem=fsspec.filesystem("http"), filters=near).to_pylist()

started = time.perf_counter()
count = len(search())
print(json.dumps({"hits": count, "inner": round(time.perf_counter() - started, 4)}))
