"""Python on a Dask cluster of processes: builds and loads survive the loss of a worker, and no secret travels in a graph."""
import os
import shutil
import signal
import threading
import time

import cloudpickle
import numpy as np
import pytest

from support import canary, rasters
from support.files import tree

swath_py = pytest.importorskip("swath", reason="not run: the wheel is not installed; `make test` does it")
distributed = pytest.importorskip("distributed", reason="not run: distributed is not installed; `make test` does it")

TILES, SIDE = 12, 1200


@pytest.fixture(scope="module")
def raw(swath, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dask")
    for number in range(TILES):
        part = rasters.smooth((SIDE, SIDE), seed=number)
        rasters.write(folder / f"raw/map_t{number:02}.tif", part, origin=(500_000 + number * SIDE * 30, 5_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def whole(swath, raw, tmp_path_factory):
    """One build by one process."""
    folder = tmp_path_factory.mktemp("one") / "x"
    shutil.copytree(raw, folder)
    swath("build", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def cluster(azurite):
    """Two processes, with the credential of the private container in their environment and nowhere else."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("AZURE_")]:
            patch.delenv(name)
        patch.setenv("AZURE_STORAGE_SAS_TOKEN", azurite.account_sas())
        made = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0)
        with made, distributed.Client(made) as client:
            yield client


def kill_a_worker(client, when):
    """SIGKILL for one of the workers once `when()` is true; the thread that does it."""
    pids = client.run(os.getpid)

    def wait_and_kill():
        until = time.monotonic() + 60
        while not when() and time.monotonic() < until:
            time.sleep(0.005)
        os.kill(sorted(pids.values())[0], signal.SIGKILL)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


def test_a_build_on_the_cluster_is_that_of_one_process_though_a_worker_is_killed(cluster, raw, whole, tmp_path):
    here = shutil.copytree(raw, tmp_path / "x")
    thread = kill_a_worker(cluster, lambda: len(list((here / "build").rglob("*.tif"))) >= 2)
    report = swath_py.build(here / "swath.toml", client=cluster)
    thread.join()
    assert (report["failed"], report["findings"]) == ([], [])
    assert report["converted"] + report["unchanged"] == TILES and report["datasets"][0]["items"] == TILES
    assert tree(here / "build") == tree(whole / "build")
    again = swath_py.build(here / "swath.toml", client=cluster)
    assert (again["converted"], again["unchanged"]) == (0, TILES)
    assert not any("shard" in p.name for p in (here / ".swath").iterdir())


def test_a_raw_file_that_cannot_be_read_stops_no_other(cluster, raw, tmp_path):
    here = shutil.copytree(raw, tmp_path / "x")
    bad = here / "raw/map_t03.tif"
    bad.write_bytes(bad.read_bytes()[: SIDE * SIDE])
    report = swath_py.build(here / "swath.toml", client=cluster)
    assert [os.path.basename(f["path"]) for f in report["failed"]] == ["map_t03.tif"]
    assert report["datasets"][0]["items"] == TILES - 1


def test_a_plan_that_is_not_there_and_a_client_that_is_none_are_misuse(cluster, raw, tmp_path):
    with pytest.raises(swath_py.Misuse, match="there is no plan"):
        swath_py.build(tmp_path / "swath.toml", client=cluster)
    with pytest.raises(swath_py.Misuse, match="dask.distributed.Client"):
        swath_py.build(raw / "swath.toml", client=object())


def row_of(whole):
    return np.concatenate([rasters.read(whole / f"raw/map_t{n:02}.tif")[0] for n in range(TILES)], axis=1)


def test_a_load_computes_on_the_cluster_though_a_worker_is_killed(cluster, whole, tmp_path):
    array = swath_py.load(swath_py.open(whole / "build"), chunks={"x": 600, "y": 600})
    (name,) = array.data_vars
    started = tmp_path / "started"

    def slow(block):
        started.touch()
        time.sleep(0.02)
        return block

    thread = kill_a_worker(cluster, started.exists)
    lazy = array[name].data.map_blocks(slow, meta=array[name].data._meta)
    found = cluster.compute(lazy).result(timeout=120)
    thread.join()
    assert started.exists()
    assert np.array_equal(found[0], row_of(whole))


@pytest.fixture(scope="module")
def private(swath, whole, azurite):
    url = f"{azurite.url}/dasked/maps"
    swath("publish", url, cwd=whole, env={"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()})
    return url


def test_workers_find_the_credential_and_the_graph_holds_none(cluster, private, whole, azurite, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", azurite.container_sas("dasked"))
    array = swath_py.load(swath_py.open(private), chunks={})
    (name,) = array.data_vars
    pickled = cloudpickle.dumps(array)
    assert not canary.seen_in(pickled.decode("latin-1")) and b"sig=" not in pickled
    monkeypatch.delenv("AZURE_STORAGE_SAS_TOKEN")
    found = cluster.compute(array[name].data).result(timeout=120)
    assert np.array_equal(found[0], row_of(whole))
