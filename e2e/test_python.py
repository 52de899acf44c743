"""The Python package: its verbs give plain values, its errors say what to do, and importing it costs nothing."""
import json
import os
import pickle
import signal
import statistics
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import rasterio

from support import rasters
from support.canary import CANARY_SAS
from support.run import environment

swath_py = pytest.importorskip("swath", reason="not run: the wheel is not installed; `make test` does it")


def python(code, cwd, rc=0, env=None):
    """Runs a program in a fresh interpreter; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=cwd, env=environment(env), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == rc, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    for number in range(2):
        rasters.write(folder / f"raw/map_t{number}.tif", rasters.noise((64, 48), seed=number), origin=(500_000 + number * 48 * 30, 5_000_000), nodata=0)
    return folder


def test_the_import_is_quick_and_brings_nothing_heavy(tmp_path):
    code = """
        import sys, time
        before = time.perf_counter(); import swath; took = time.perf_counter() - before
        heavy = {"numpy", "xarray", "dask", "pystac", "pandas", "pyproj", "odc"} & set(sys.modules)
        import swath._swath
        print(took, time.perf_counter() - before, ",".join(sorted(heavy)))
    """
    runs = [python(code, tmp_path).split() for _ in range(7)]
    assert all(len(run) == 2 for run in runs), runs
    # The quickest: a machine that does other work only makes it longer.
    assert min(float(run[1]) for run in runs) < 0.05, runs


def test_the_command_in_the_wheel_is_the_command(swath, tmp_path):
    command = os.path.join(os.path.dirname(sys.executable), "swath")
    for words in (["--help"], ["--version"], ["stack", "--help"], ["info", "no.tif"], ["nonsense"]):
        own = swath(*words, cwd=tmp_path, rc=None)
        theirs = subprocess.run([sys.executable, "-m", "swath", *words], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
        assert (theirs.returncode, theirs.stdout, theirs.stderr) == (own.rc, own.out, own.err), words
    assert subprocess.run([command, "--version"], capture_output=True, text=True).stdout.startswith("swath ")


def test_a_raster_is_described_as_by_the_command(swath, raw):
    path = raw / "raw/map_t0.tif"
    told = swath_py.info(path)
    (event,) = [e for e in swath("info", "--json", path).events() if e["type"] == "raster"]
    assert told == {k: v for k, v in event.items() if k != "type"}
    with rasterio.open(path) as dataset:
        assert (told["width"], told["height"], told["crs"]["code"]) == (dataset.width, dataset.height, dataset.crs.to_string())
    counted = swath_py.info(path, statistics=True)["bands"][0]["statistics"]
    assert counted["maximum"] == rasters.read(path).max()


def test_a_raster_becomes_a_cog(raw, tmp_path):
    report = swath_py.cog(raw / "raw/map_t0.tif", tmp_path / "cog.tif", profile="deflate", blocksize=32, dtype=np.float32, creation_options={"LEVEL": 9})
    with rasterio.open(tmp_path / "cog.tif") as dataset:
        assert dataset.dtypes == ("float32",) and dataset.profile["compress"] == "deflate" and dataset.block_shapes == [(32, 32)]
        assert np.array_equal(dataset.read(1), rasters.read(raw / "raw/map_t0.tif")[0])
    assert report["size"] == (tmp_path / "cog.tif").stat().st_size and len(report["sha256"]) == 64
    with pytest.raises(swath_py.Conflict):
        swath_py.cog(raw / "raw/map_t0.tif", tmp_path / "cog.tif")


def test_the_whole_way_from_a_folder_to_an_item(raw, tmp_path):
    plan = tmp_path / "swath.toml"
    assert swath_py.init(raw / "raw", plan, datetime="2020-05-17")["datasets"][0]["items"] == 2
    built = swath_py.build(plan)
    assert (built["converted"], built["failed"], built["findings"]) == (2, [], [])
    assert swath_py.build(plan)["unchanged"] == 2
    assert swath_py.check(tmp_path / "build")["findings"] == []
    would = swath_py.publish(tmp_path / "out", tmp_path / "build", dry_run=True)
    assert len(would["uploads"]) >= 5 and not (tmp_path / "out").exists()
    done = swath_py.publish(tmp_path / "out", tmp_path / "build")
    assert done["uploaded"] >= 5 and swath_py.publish(tmp_path / "out", tmp_path / "build")["uploaded"] == 0
    catalog = swath_py.open(tmp_path / "out")
    found = catalog.search(datetime="2020-05")
    assert len(found) == found.matched == 2 and found[0]["properties"]["datetime"].startswith("2020-05-17")
    assert [i["id"] for i in found[:1]] == [found[0]["id"]] and found[-1]["id"] == list(found.items())[1]["id"]
    assert len(catalog.search(datetime="2021")) == 0 and len(catalog.search(limit=1)) == 1
    assert len(catalog.search(ids=found[1]["id"])) == 1
    assert [i["id"] for i in catalog.search(sortby="-id")] == [i["id"] for i in reversed(found)]
    assert found[0]["id"] in found._repr_html_() and str(tmp_path / "out") in catalog._repr_html_()


def test_items_go_to_pystac_and_come_from_it(published):
    import pystac

    found = swath_py.open(published).search(limit=3)
    items = list(found.to_pystac())
    assert [i.id for i in items] == [i["id"] for i in found] and all(isinstance(i, pystac.Item) for i in items)
    assert pystac.ItemCollection.from_dict(found.to_dict())


FAMILIES = {
    "Absent": "swath.info('no.tif')",
    "Misuse": "swath.open('.', credential='hello')",
    "Unsupported": "swath.info('words.txt')",
    "Conflict": "swath.init('raw', 'words.txt')",
    "Damaged": "open('cut.tif', 'wb').write(open('a.tif', 'rb').read()[:300]); swath.info('cut.tif')",
    "Unreachable": "swath.open('http://127.0.0.1:9/x')",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_error_is_of_its_family_and_says_where(family, tmp_path):
    rasters.write(tmp_path / "a.tif", rasters.noise((64, 64)))
    (tmp_path / "words.txt").write_text("words\n")
    (tmp_path / "raw").mkdir()
    code = f"""
        import json, pickle, swath
        try:
            {FAMILIES[family]}
        except swath.Error as e:
            again = pickle.loads(pickle.dumps(e))
            assert (str(again), type(again), again.hint) == (str(e), type(e), e.hint)
            print(json.dumps([type(e).__name__, e.where, e.found, e.expected, e.hint]))
    """
    name, where, found, *_ = json.loads(python(code, tmp_path))
    assert name == family and (where or found)


def test_misuse_is_a_value_error_too():
    assert issubclass(swath_py.Misuse, ValueError) and issubclass(swath_py.Misuse, swath_py.Error)


def test_a_token_given_as_text_stays_in_the_process(tmp_path):
    (tmp_path / "collection.json").write_text("{}")
    access = __import__("swath._access", fromlist=["split"]).split(f"{tmp_path}?{CANARY_SAS}")[1]
    assert access.spoken() == ("sas", CANARY_SAS)
    assert CANARY_SAS.encode() not in pickle.dumps(access) and CANARY_SAS not in repr(vars(access))


def test_other_threads_go_on_while_swath_works(tmp_path):
    rasters.write(tmp_path / "big.tif", rasters.noise((4000, 4000)))
    counted = []
    done = threading.Event()

    def count():
        while not done.is_set():
            counted.append(time.monotonic())
            time.sleep(0.002)

    thread = threading.Thread(target=count)
    thread.start()
    before = time.monotonic()
    swath_py.cog(tmp_path / "big.tif", tmp_path / "cog.tif")
    took = time.monotonic() - before
    done.set()
    thread.join()
    inside = [t for t in counted if before < t < before + took]
    assert len(inside) > took / 0.05, f"{len(inside)} steps in {took:.2f} s"


def interrupted(code, cwd, when, env=None):
    """Runs a program, interrupts it once `when()` is true; what it printed after that, and the seconds until it ended.

    The program has half a second of idleness behind its call, in which it must need no processor: nothing works on unseen.
    """
    program = f"""
import signal, time, resource, swath
# A shell starts what runs in the background with interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
try:
    {code}
    print("not interrupted", flush=True)
except KeyboardInterrupt:
    print("heard", flush=True)
    before = time.process_time()
    time.sleep(0.5)
    print("idle" if time.process_time() - before < 0.2 else "still at work", flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program], cwd=cwd, env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    until = time.monotonic() + 60
    while not when() and time.monotonic() < until and child.poll() is None:
        time.sleep(0.01)
    before = time.monotonic()
    child.send_signal(signal.SIGINT)
    heard = child.stdout.readline()
    took = time.monotonic() - before
    rest, errors = child.communicate(timeout=30)
    assert (heard + rest).split("\n") == ["heard", "idle", ""], heard + rest + errors
    # A second, and what a loaded machine takes to let anybody run.
    assert took < 3, took


def after(seconds):
    """A `when` that is true once so much time has passed."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


@pytest.mark.parametrize("call", ["swath.open({url!r})", "swath.publish({url!r}, 'build', credential={sas!r})"])
def test_ctrl_c_ends_a_wait(call, tmp_path):
    """A server that never answers."""
    import socket

    (tmp_path / "build").mkdir()
    (tmp_path / "build/collection.json").write_text('{"type": "Collection", "stac_version": "1.1.0", "id": "x", "links": []}')
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/devstoreaccount1/container/maps"
        interrupted(call.format(url=url, sas=CANARY_SAS.replace("sp=rl", "sp=racwdl")), tmp_path, after(1))


def test_ctrl_c_ends_a_conversion_and_leaves_nothing(tmp_path):
    rasters.write(tmp_path / "big.tif", rasters.noise((9000, 9000)))
    (tmp_path / "out").mkdir()
    options = "profile='deflate', creation_options={'LEVEL': 12}"
    interrupted(f"swath.cog('big.tif', 'out/cog.tif', {options})", tmp_path, lambda: list((tmp_path / "out").iterdir()))
    assert not list((tmp_path / "out").iterdir())


def test_ctrl_c_ends_a_build_which_goes_on_where_it_was(tmp_path):
    for number in range(8):
        rasters.write(tmp_path / f"raw/map_t{number}.tif", rasters.noise((2500, 2500), seed=number), origin=(500_000 + number * 75_000, 5_000_000))
    swath_py.init(tmp_path / "raw", tmp_path / "swath.toml", datetime="2020-05-17")
    plan = (tmp_path / "swath.toml").read_text()
    assert 'compress = "zstd"' in plan
    (tmp_path / "swath.toml").write_text(plan.replace('compress = "zstd"', 'compress = "deflate"\nlevel = 12'))
    interrupted("swath.build()", tmp_path, lambda: list((tmp_path / "build").rglob("*.tif")))
    done = len(list((tmp_path / "build").rglob("*.tif")))
    assert 0 < done < 8
    report = swath_py.build(tmp_path / "swath.toml")
    assert (report["unchanged"], report["converted"], report["failed"]) == (done, 8 - done, [])


def test_the_examples_of_the_documentation_run(tmp_path):
    for tile in range(2):
        for month in (1, 2):
            for band in ("red", "nir"):
                array = rasters.noise((64, 64), seed=10 * tile + month)
                origin = (500_000 + tile * 64 * 30, 5_000_000)
                rasters.write(tmp_path / f"raw/map_t{tile}_20200{month}01_{band}.tif", array, origin=origin, nodata=0)
    rasters.write(tmp_path / "raw.tif", rasters.noise((64, 64)))
    code = """
        import doctest, importlib, swath
        swath.init("raw"); swath.build(); swath.publish("published")
        names = ["", "._catalog", "._errors", "._verbs", "._load", "._plan", "._stack", "._engine"]
        done = [doctest.testmod(importlib.import_module("swath" + name)) for name in names]
        assert sum(d.failed for d in done) == 0
        print(sum(d.attempted for d in done))
    """
    assert int(python(code, tmp_path)) > 25
