"""Search over HTTP: swath against pystac's crawl, and against rustac's DuckDB, DuckDB and pyarrow on one table.

    search.py [--rounds 5] [--tree 762] [--tables 100000,1000000] [--latency 25] [--keep FOLDER] [--name search]

Every round runs all peers in turn. All must find the same number of items. Leaves bench/runs/YYYY-MM-DD-search/ with the versions, every row, and a table of
medians. Tables of a million items take 9 GiB of memory and some minutes to make; `--keep` names a folder where they stay for the next time.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import items_table
from measure import run
from report import Run

HERE = pathlib.Path(__file__).resolve().parent
SWATH = pathlib.Path(os.environ["SWATH_BIN"])
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import globe  # noqa: E402

#: A thousandth of the world's area.
BOX = [5.0, 44.0, 15.8, 50.0]
#: The newest rustac whose DuckDB finds its extensions on PyPI; its own folder, for the tests judge by a newer one.
STRANGERS = ["rustac==0.9.17", *(f"duckdb-extension-{name}==1.5.5" for name in ("spatial", "icu", "httpfs", "parquet", "json"))]


class Site:
    """The server, in a process of its own."""

    def __init__(self, folder, latency):
        argv = [sys.executable, HERE / "range_server.py", folder, str(latency)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def counts(self):
        with urllib.request.urlopen(f"{self.url}/-/count") as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def tree(folder, count, table):
    """A root, a collection and its items, as pystac lays them out; with its table where that is wanted."""
    import pystac

    shutil.rmtree(folder, ignore_errors=True)
    root = pystac.Catalog("root", "x")
    child = pystac.Collection.from_dict(globe.collection("data"))
    root.add_child(child)
    child.add_items([pystac.Item.from_dict(body) for body in globe.items(count)])
    root.normalize_and_save(str(folder), pystac.CatalogType.SELF_CONTAINED)
    if table:
        subprocess.run([SWATH, "-q", "search", folder, "-o", folder / "data/items.parquet"], check=True)
        path = folder / "data/collection.json"
        body = json.loads(path.read_text())
        body["assets"] = {"items": {"href": "./items.parquet", "type": "application/vnd.apache.parquet", "roles": ["collection-mirror"]}}
        path.write_text(json.dumps(body))


def table(path, count):
    """Made by pyarrow, then written by swath."""
    raw = path.with_name(f"made-{count}.parquet")
    if not raw.exists():
        items_table.write(raw, count)
    subprocess.run([SWATH, "-q", "search", raw, "-o", path], check=True)


def ours(url, out):
    return [SWATH, "--json", "search", url, "--bbox", ",".join(map(str, BOX)), "-o", out]


def peer(name, url):
    return [sys.executable, HERE / "search_peer.py", name, url, *map(str, BOX)]


def measure(site, case, addresses, rounds, bench, work, size=None):
    """`addresses`: peer -> URL path."""
    hits = set()
    for number in range(rounds):
        order = list(addresses)
        for name in order[number % len(order) :] + order[: number % len(order)]:
            url = f"{site.url}/{addresses[name]}"
            argv = ours(url, work / "found.json") if name.startswith("swath") else peer(name, url)
            site.counts()
            row = run(argv, env=os.environ | {"BENCH_PEERS": str(work / "peers")})
            if name.startswith("swath"):
                row["hits"] = len(json.loads((work / "found.json").read_text())["features"])
                # As the program itself has it: opening the catalog, searching, writing the items.
                row["inner"] = row.pop("seconds")
            hits.add(row["hits"])
            kept = {key: row[key] for key in ("wall", "inner", "cpu", "peak_mib", "hits")}
            counts = site.counts()
            bench.row({"case": case, "peer": name, "round": number, **kept, "requests": counts["requests"], "deep": counts["deep"], "read": counts["bytes"], "size": size})
    if len(hits) != 1:
        raise SystemExit(f"{case}: the peers find {sorted(hits)} items")


def summary(rows):
    lines = ["| case | peer | whole command s | search alone s | peak MiB | requests | deep | MB read | of the file | swath is faster by (whole, alone) |", "|---|---|---|---|---|---|---|---|---|---|"]
    cases = dict.fromkeys(row["case"] for row in rows)
    for case in cases:
        peers = dict.fromkeys(row["peer"] for row in rows if row["case"] == case)
        of = {p: {k: statistics.median(r[k] for r in rows if r["case"] == case and r["peer"] == p) for k in ("wall", "inner", "peak_mib", "requests", "deep", "read")} for p in peers}
        size = next(r["size"] for r in rows if r["case"] == case)
        best = of["swath"]
        for p, m in of.items():
            share = f"{m['read'] / size:.1%}" if size else ""
            ratio = "" if p == "swath" else f"{m['wall'] / best['wall']:.1f}, {m['inner'] / best['inner']:.1f}"
            lines.append(f"| {case} | {p} | {m['wall']:.3f} | {m['inner']:.3f} | {m['peak_mib']:.0f} | {m['requests']:.0f} | {m['deep']:.0f} | {m['read'] / 1e6:.2f} | {share} | {ratio} |")
    return "\n".join(lines)


TEXT = """Medians of {rounds} rounds (at most two of a crawl), peers in turn within each round. The question is a box of a thousandth of the world's area; all peers find the same items, and hold
them as objects of their language (swath writes them to a file). The server is bench/range_server.py, one Python process on the same machine; `{latency:.0f} ms`
cases answer each request after that delay. 'Whole command' is the process from start to end; 'search alone' leaves out what a long-lived program pays once: for
the peers Python, imports and the start of DuckDB (nothing of the catalog is read before), for swath the start of the process (opening the
catalog and writing what was found are in).

The tree is crawled by pystac one request after another, as its `get_items(recursive=True)` does, with shapely for the boxes; swath crawls it, and, in the case with a
table, reads `items.parquet`. A table is searched by all peers in the form that swath wrote: along a Hilbert curve, pages of 256 rows with statistics.
`rustac` is 0.9.17 with DuckDB 1.5.5 and its extensions from PyPI (0.9.18 wants to download its own); `duckdb` the same through httpfs; `pyarrow` reads through fsspec.
What `duckdb` and `pyarrow` give are rows, not yet items: no references made absolute, no geometry unpacked.

What this does not show: tables that others wrote (no page indexes: swath reads whole row groups of them), a real network, many searches at once.

    make bench-search
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tree", type=int, default=762)
    parser.add_argument("--tables", default="100000,1000000")
    parser.add_argument("--latency", type=float, default=25)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--name", default="search")
    a = parser.parse_args()
    with Run(a.name) as bench, tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        work = pathlib.Path(work)
        site_folder = a.keep or work / "site"
        site_folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check", "--target", work / "peers", *STRANGERS], check=True)
        tree(site_folder / "tree", a.tree, False)
        tree(site_folder / "tabled", a.tree, True)
        counts = [int(n) for n in a.tables.split(",") if n]
        for count in counts:
            if not (site_folder / f"items-{count}.parquet").exists():
                table(site_folder / f"items-{count}.parquet", count)
        site = Site(site_folder, a.latency)
        try:
            far = "slow/tree/catalog.json"
            measure(site, f"{a.tree} items, {a.latency:.0f} ms", {"swath": far, "pystac": far}, min(a.rounds, 2), bench, work)
            measure(site, f"{a.tree} items with a table, {a.latency:.0f} ms", {"swath": "slow/tabled/catalog.json", "pystac": "slow/tabled/catalog.json"}, min(a.rounds, 2), bench, work)
            for count in counts:
                name = f"items-{count}.parquet"
                size = (site_folder / name).stat().st_size
                for way, label in ((name, ""), (f"slow/{name}", f", {a.latency:.0f} ms")):
                    peers = ("swath", "rustac", "duckdb", "pyarrow")
                    measure(site, f"table of {count:,}{label}", dict.fromkeys(peers, way), a.rounds, bench, work, size)
        finally:
            site.stop()
        bench.finish(summary(bench.rows), TEXT.format(rounds=a.rounds, latency=a.latency))


if __name__ == "__main__":
    main()
