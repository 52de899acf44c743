"""A private container from Python: the token comes from where it was said, and travels nowhere."""
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from support import rasters
from support.run import environment

swath_py = pytest.importorskip("swath", reason="not run: the wheel is not installed; `make test` does it")


@pytest.fixture(scope="module")
def private(azurite, tmp_path_factory):
    """URL of a catalog that nobody may read without a token, and such a token."""
    folder = tmp_path_factory.mktemp("private")
    for month in (1, 2):
        rasters.write(folder / f"raw/map_t0_20200{month}01_red.tif", rasters.noise((600, 600), seed=month), nodata=0)
    swath_py.init(folder / "raw", folder / "swath.toml")
    swath_py.build(folder / "swath.toml")
    url = f"{azurite.url}/python/maps"
    report = swath_py.publish(url, folder / "build", credential=azurite.account_sas())
    assert report["uploaded"] and report["root"].startswith(url)
    return url, azurite.container_sas("python"), folder


def secret(token):
    return token.split("sig=")[1].split("&")[0].encode()


WAYS = {
    "text": lambda url, token, folder: swath_py.open(url, token),
    "behind the URL": lambda url, token, folder: swath_py.open(f"{url}?{token}"),
    "file": lambda url, token, folder: swath_py.open(url, folder / "token.sas"),
    "function": lambda url, token, folder: swath_py.open(url, lambda: token),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_token_opens_the_catalog_and_is_in_nothing_that_travels(private, way):
    import cloudpickle

    url, token, folder = private
    (folder / "token.sas").write_text(token)
    catalog = WAYS[way](url, token, folder)
    found = catalog.search()
    array = swath_py.load(found, ["red"], chunks={"x": 256, "y": 256}).red
    right = swath_py.load(swath_py.open(folder / "build"), ["red"]).red
    assert np.array_equal(array.values, right.values)
    for thing in (array.__dask_graph__(), swath_py.load(found, ["red"]), catalog):
        # A function that holds a token is its owner's own doing.
        assert way == "function" or secret(token) not in cloudpickle.dumps(thing), thing
    for shown in (repr(catalog), repr(found), catalog._repr_html_(), found._repr_html_(), str(found.to_dict()), repr(array), str(vars(catalog))):
        assert secret(token).decode() not in shown


def test_a_worker_asks_its_own_environment(private, tmp_path):
    """What was pickled here with a token as text is read elsewhere with the environment's."""
    url, token, folder = private
    array = swath_py.load(swath_py.open(url, token), ["red"], chunks={"x": 256}).red
    (tmp_path / "array.pickle").write_bytes(pickle.dumps(array))
    code = """
        import pickle, swath
        try:
            print(int(pickle.load(open("array.pickle", "rb")).compute(scheduler="threads").astype("int64").sum()))
        except swath.Refused as error:
            print("Refused", error.hint)
    """
    run = lambda env: subprocess.run(  # noqa: E731
        [sys.executable, "-c", textwrap.dedent(code)], cwd=tmp_path, env=environment(env), capture_output=True, text=True, timeout=60
    )
    right = int(array.values.astype("int64").sum())
    told = run({"AZURE_STORAGE_SAS_TOKEN": token})
    assert told.stdout.strip() == str(right), told.stdout + told.stderr
    assert run({"AZURE_STORAGE_SAS_TOKEN": None}).stdout.startswith("Refused")


def test_a_stranger_is_refused_with_a_hint(private, monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_SAS_TOKEN", raising=False)
    with pytest.raises(swath_py.Refused) as caught:
        swath_py.open(private[0], "anonymous").search()
    assert caught.value.hint and private[0].split("//")[1].split("/")[0] in caught.value.where


def test_hrefs_are_signed_by_the_reader(private):
    """As planetary_computer.sign: items without a catalog, a function that puts a token behind each href."""
    import cloudpickle

    url, token, folder = private
    items = list(swath_py.open(url, token).search())
    calls = []

    def sign(href):
        calls.append(href)
        return f"{href}?{token}"

    array = swath_py.load(items, ["red"], sign=sign, credential="anonymous").red
    assert not calls
    right = swath_py.load(swath_py.open(folder / "build"), ["red"]).red.values
    assert np.array_equal(array.values, right) and set(calls) == {i["assets"]["red"]["href"] for i in items}
    # The function may hold its token; the plan, even after it was read, does not.
    plan = swath_py.plan(items, ["red"], sign=sign, credential="anonymous")
    plan.load().red.values
    assert secret(token) not in cloudpickle.dumps([group.pixels.plan for group in plan._groups])
