"""A folder to a container: swath, azcopy and obstore, against a server that throws everything away and against Azurite.

    upload.py [--rounds 3] [--small 2000] [--large 40] [--megabytes 50] [--azurite-megabytes 10] [--only null|azurite] [--name upload]

Every round runs all peers in turn. The first round against Azurite is checked: all that a peer sent is there, with its length. Leaves
bench/runs/YYYY-MM-DD-upload/. Needs SWATH_AZURITE (Azurite's main.js, with azcopy's package beside it) and obstore.
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from measure import run
from report import Run

HERE = pathlib.Path(__file__).resolve().parent
SWATH = pathlib.Path(os.environ["SWATH_BIN"])
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import peers as strangers  # noqa: E402
from support.azurite import ACCOUNT, Azurite  # noqa: E402

#: Nobody's signature: the null server asks for none, but every client wants one.
NO_SAS = "sv=2024-11-04&ss=b&srt=sco&sp=racwdl&se=2099-01-01T00:00:00Z&sig=bm9uZQ%3D%3D"


class Null:
    name = "null blob server"

    def __init__(self, _):
        self.process = subprocess.Popen([sys.executable, HERE / "null_blob.py"], stdout=subprocess.PIPE, text=True)
        self.url, self.sas = f"http://127.0.0.1:{int(self.process.stdout.readline())}/{ACCOUNT}", NO_SAS

    def container(self, name):
        return f"{self.url}/{name}"

    def sizes(self, _):
        return None

    def forget(self, _):
        pass

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Real:
    name = "Azurite"

    def __init__(self, folder):
        self.server = Azurite(folder / "azurite")
        self.sas = self.server.account_sas()

    def container(self, name):
        self.server.client.create_container(name)
        return f"{self.server.url}/{name}"

    def sizes(self, name):
        return {n.removeprefix("maps/"): blob.size for n, blob in self.server.blobs(name).items()}

    def forget(self, name):
        self.server.client.delete_container(name)

    def stop(self):
        self.server.stop()


def write(folder, items, assets, megabytes):
    """A catalog as swath wants one: a root, items, and assets of noise."""
    folder.mkdir(parents=True)
    noise = os.urandom(1 << 20)
    links = []
    for number in range(items):
        body = item(number)
        path = folder / f"i{number:04}/i{number:04}.json"
        path.parent.mkdir()
        path.write_text(json.dumps(body))
        links.append({"rel": "item", "href": f"./{path.relative_to(folder)}"})
    for number in range(assets):
        with open(folder / f"a{number:02}.tif", "wb") as file:
            for part in range(megabytes):
                file.write(bytes([number, part % 256]) + noise[2:])
    root = {"type": "Collection", "stac_version": "1.1.0", "id": "bench", "description": "for measuring", "license": "CC0-1.0", "links": links}
    root["extent"] = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]}}
    (folder / "collection.json").write_text(json.dumps(root))
    return folder


def item(number):
    geometry = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
    properties = {"datetime": "2020-05-17T00:00:00Z", "note": "about as long as an item is " * 60}
    body = {"type": "Feature", "stac_version": "1.1.0", "id": f"i{number:04}", "geometry": geometry, "bbox": [0, 0, 1, 1], "properties": properties}
    return body | {"assets": {}, "links": [{"rel": "root", "href": "../collection.json"}]}


def commands(folder, url, sas, azcopy):
    """Peer -> (command, environment)."""
    token = {"AZURE_STORAGE_SAS_TOKEN": sas}
    publish = [SWATH, "-q", "publish", f"{url}/maps", "--build", folder]
    found = {"swath": (publish, token), "swath --rehash": ([*publish, "--rehash"], token)}
    if azcopy:
        copy = [azcopy, "copy", f"{folder}/*", f"{url}/maps?{sas}", "--recursive", "--from-to", "LocalBlob", "--log-level", "NONE"]
        found["azcopy"] = (copy, strangers.clean(pathlib.Path(azcopy).parent))
        found["azcopy --put-md5"] = ([*copy, "--put-md5"], strangers.clean(pathlib.Path(azcopy).parent))
    found["obstore"] = ([sys.executable, HERE / "obstore_put.py", folder, url], token)
    return found


def measure(case, folder, store, a, azcopy, bench):
    wanted = {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    remember(case, folder, store)
    for number in range(a.rounds):
        peers = list(commands(folder, "", "", azcopy))
        for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
            name = f"{case}-{number}-{''.join(c for c in peer if c.isalnum())}"
            argv, env = commands(folder, store.container(name), store.sas, azcopy)[peer]
            about = {"case": case, "store": store.name, "peer": peer, "round": number, "files": len(wanted), "bytes": sum(wanted.values())}
            try:
                row = run(argv, env=os.environ | env, cwd=azcopy and pathlib.Path(azcopy).parent)
            except SystemExit as e:
                if peer.startswith("swath"):
                    raise
                bench.row({**about, "failed": str(e).splitlines()[1]})
                continue
            sizes = store.sizes(name) if number == 0 else None
            if sizes is not None and {n: s for n, s in sizes.items() if n in wanted} != wanted:
                raise SystemExit(f"{peer}: what is stored is not what was sent")
            store.forget(name)
            bench.row({**about, **row})


def remember(case, folder, store):
    """Lets swath sum the files once, which `swath build` does while it writes them; files just written are not believed."""
    time.sleep(3)
    name = f"{case}-before"
    argv, env = commands(folder, store.container(name), store.sas, None)["swath"]
    subprocess.run(argv, check=True, env=os.environ | env, stdout=subprocess.DEVNULL)
    store.forget(name)


def table(rows):
    groups = {}
    for row in (row for row in rows if "wall" in row):
        groups.setdefault((row["case"], row["store"]), {}).setdefault(row["peer"], []).append(row)
    lines = ["| case | store | peer | wall s | processor s | peak MiB | MB/s | files/s | swath is faster by |", "|---|---|---|---|---|---|---|---|---|"]
    for (case, store), peers in groups.items():
        middle = {peer: {k: statistics.median(r[k] for r in rs) for k in ("wall", "cpu", "peak_mib", "bytes", "files")} for peer, rs in peers.items()}
        for peer, m in middle.items():
            ratio = "" if peer == "swath" else f"{m['wall'] / middle['swath']['wall']:.2f}"
            speed = f"{m['bytes'] / 1e6 / m['wall']:.0f} | {m['files'] / m['wall']:.0f}"
            lines.append(f"| {case} | {store} | {peer} | {m['wall']:.2f} | {m['cpu']:.2f} | {m['peak_mib']:.0f} | {speed} | {ratio} |")
    return "\n".join(lines)


TEXT = """Medians of {rounds} rounds, peers in turn within each round, from the page cache over loopback; each is one process, its start included.
`small`: {small} items of STAC, {large} `large` files of {megabytes} MB ({azurite} MB against Azurite, which is slower than every client here). The null
blob server is one thread of Python that reads and forgets; it and the client share {threads} cores, so it bounds what any client can reach.

Unequal work: swath reads what is there, holds each file to its checksum, computes the MD5 of each blob and the MD5 or CRC-64 of each request, sends in an
order (assets before items before the root) and commits a manifest. `swath` knows the checksums of files that nobody touched since it summed them, as it does after
`swath build`; with `--rehash` it reads each file once more, for its sha256. `azcopy --put-md5` computes the MD5 of each blob and azcopy asks for each length
afterwards, and it ends on a beat of two seconds; azcopy by itself and obstore compute no checksum of what they send.

A run of a peer that ended with an error is in rows.jsonl as `failed` and not in the medians: {failed}.

What this does not show: a real network and service, with latency, TLS and throttling; slow disks.

azcopy {azcopy}; obstore {obstore}; Azurite {azurite_version}

    bench/upload.py {argv}

{commands}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", type=int, default=2000)
    parser.add_argument("--large", type=int, default=40)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--azurite-megabytes", type=int, default=10)
    parser.add_argument("--only", choices=["null", "azurite"])
    parser.add_argument("--name", default="upload")
    a = parser.parse_args()
    with Run(a.name) as bench, tempfile.TemporaryDirectory(prefix="swath-bench-") as work:
        work = pathlib.Path(work)
        (work / "azcopy").mkdir()
        azcopy, why = strangers.install_azcopy(work / "azcopy")
        if not azcopy:
            print(f"without azcopy: {why}")
        for Store in (Null, Real):
            if a.only and (a.only == "null") != (Store is Null):
                continue
            megabytes = a.megabytes if Store is Null else a.azurite_megabytes
            store = Store(work)
            try:
                for case, sizes in {"small": (a.small, 0), "large": (0, a.large)}.items():
                    folder = work / f"{case}-{megabytes}"
                    measure(case, folder if folder.exists() else write(folder, *sizes, megabytes), store, a, azcopy, bench)
            finally:
                store.stop()
        bench.finish(table(bench.rows), text(a, azcopy, sum("failed" in row for row in bench.rows)))


def text(a, azcopy, failed):
    version = subprocess.run([azcopy, "--version"], capture_output=True, text=True, env=strangers.clean("/tmp")).stdout.split()[-1] if azcopy else "not run"
    azurite = json.loads((pathlib.Path(os.environ["SWATH_AZURITE"]).parents[3] / "package.json").read_text())["version"]
    shown = []
    for argv, _ in commands(pathlib.Path("FOLDER"), "URL", "SAS", azcopy).values():
        line = " ".join(map(str, argv)).replace(f"{SWATH.parent}/", "").replace(f"{HERE}/", "bench/").replace(f"{pathlib.Path(sys.prefix) / 'bin'}/", "")
        shown.append("    " + line.replace(f"{azcopy}", "azcopy"))
    return TEXT.format(
        failed=failed, rounds=a.rounds, small=a.small, large=a.large, megabytes=a.megabytes, azurite=a.azurite_megabytes, threads=os.cpu_count(), azcopy=version,
        obstore=importlib.metadata.version("obstore"), azurite_version=azurite, argv=" ".join(sys.argv[1:]), commands="\n".join(shown),
    )  # fmt: skip


if __name__ == "__main__":
    main()
