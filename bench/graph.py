"""A Dask graph of 10,000 items x 4 bands, made by swath and by odc-stac: seconds, memory, and bytes of the graph.

    python bench/graph.py [--items 10000] [--rounds 3]

The items are pystac items in memory, of files that are nowhere: no pixel and no header is read. Each call is a process of its own, timed from the
moment all is imported and the items are there.
"""
import argparse
import json
import pathlib
import resource
import statistics
import sys
import time

from measure import run
from report import Run

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import many  # noqa: E402

CHUNKS = {"x": 1000, "y": 1000}


def worker(peer, count, form):
    """In its own process: one graph, and what it took, as JSON."""
    import cloudpickle
    import dask.array  # noqa: F401
    import odc.stac
    import pystac
    import swath

    load = {"swath": swath.load, "odc-stac": odc.stac.load}[peer]
    load([pystac.Item.from_dict(many.item(0))], chunks=CHUNKS)
    items = [many.item(n) for n in range(count)]
    if form == "pystac":
        items = [pystac.Item.from_dict(i) for i in items]
    before = time.perf_counter()
    array = load(items, chunks=CHUNKS)
    took = time.perf_counter() - before
    print(json.dumps({
        "seconds": took, "graph_bytes": len(cloudpickle.dumps(array.__dask_graph__())), "tasks": len(dict(array.__dask_graph__())),
        "shape": list(array.red.shape), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        worker(args.worker[0], args.items, args.worker[1])
        return
    cases = [("swath", "pystac"), ("odc-stac", "pystac"), ("swath", "dict")]
    with Run("graph") as out:
        for number in range(args.rounds):
            for peer, form in cases:
                row = run([sys.executable, __file__, "--items", args.items, "--worker", peer, form])
                out.row({"round": number, "peer": peer, "items": form, **row})
        middle = lambda peer, form, name: statistics.median(r[name] for r in out.of(peer=peer, items=form))  # noqa: E731
        theirs = middle("odc-stac", "pystac", "seconds")
        lines = ["| peer | items as | seconds | graph, kB pickled | tasks | peak MiB | faster than odc-stac |", "|---|---|---|---|---|---|---|"]
        for peer, form in cases:
            took = middle(peer, form, "seconds")
            lines.append(
                f"| {peer} | {form} | {took:.3f} | {middle(peer, form, 'graph_bytes') / 1000:.0f} | {middle(peer, form, 'tasks'):.0f} | "
                f"{middle(peer, form, 'peak_mib'):.0f} | {theirs / took:.1f} |"
            )
        out.finish("\n".join(lines), f"""Medians of {args.rounds} rounds, peers in turn within each round; {args.items:,} items x {len(many.BANDS)} bands, {CHUNKS}.
No pixel and no header is read. Each row is a process of its own; seconds are those of the call of `load` alone.""")


if __name__ == "__main__":
    main()
