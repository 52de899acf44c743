"""One array is of one version of each file, however many parts it is read in, and whoever reads them."""
import cloudpickle
import numpy as np
import pytest

from support import rasters

swath_py = pytest.importorskip("swath", reason="not run: the wheel is not installed; `make test` does it")

SIDE = 1100


@pytest.fixture
def published(tmp_path):
    rasters.write(tmp_path / "raw/map_t0_20200101_red.tif", rasters.noise((SIDE, SIDE), seed=1), nodata=0)
    swath_py.init(tmp_path / "raw", tmp_path / "swath.toml")
    swath_py.build(tmp_path / "swath.toml")
    return tmp_path / "build"


def replace(folder, seed):
    """Other pixels under the same name, of the same kind and place."""
    (path,) = folder.rglob("*.tif")
    before = rasters.read(path)
    rasters.write(folder.parent / "other.tif", rasters.noise((SIDE, SIDE), seed=seed), nodata=0)
    swath_py.cog(folder.parent / "other.tif", path, overwrite=True)
    assert not np.array_equal(rasters.read(path), before)


def load(server, **asked):
    return swath_py.load(swath_py.open(server.url, "anonymous"), ["red"], **asked).red


WAYS = {
    "lazy": lambda server: load(server),
    "dask": lambda server: load(server, chunks={"x": 512, "y": 512}),
    "plan": lambda server: swath_py.plan(swath_py.open(server.url, "anonymous"), ["red"]).load(chunks={"x": 512}).red,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_changes_between_two_parts_is_an_error_and_a_new_array_is_of_the_new_one(published, serve, way):
    server = serve(published)
    array = WAYS[way](server)
    first = array[0, :100, :100].compute().values
    assert np.array_equal(first, rasters.read(next(published.rglob("*.tif")))[0, :100, :100])
    replace(published, seed=2)
    with pytest.raises(swath_py.Conflict, match="has changed") as caught:
        array[0, 600:, 600:].compute()
    assert "load the items again" in caught.value.hint
    again = WAYS[way](server).compute().values[0]
    assert np.array_equal(again, rasters.read(next(published.rglob("*.tif")))[0])


def test_versions_that_are_known_travel_with_the_array(published, serve):
    server = serve(published)
    array = load(server, chunks={"x": 512})
    array[0, :10, :10].compute()
    sent = cloudpickle.dumps(array)
    made = swath_py.plan(swath_py.open(server.url, "anonymous"), ["red"]).pin().load(chunks={"x": 512}).red
    pinned = cloudpickle.dumps(made)
    fresh = cloudpickle.dumps(load(server, chunks={"x": 512}))
    replace(published, seed=3)
    for travelled in (sent, pinned):
        with pytest.raises(swath_py.Conflict):
            cloudpickle.loads(travelled)[0, 600:, 600:].compute()
    assert np.array_equal(cloudpickle.loads(fresh).compute().values[0], rasters.read(next(published.rglob("*.tif")))[0])


def test_the_header_of_a_file_is_read_once_for_all_parts(published, serve):
    server = serve(published)
    array = load(server)
    array[0, :10, :10].values
    del server.requests[:]
    array[0, 600:610, 600:610].values
    assert len([r for r in server.requests if r.path.endswith(".tif")]) == 1
