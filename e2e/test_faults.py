"""Through a bad network: right, or an error that says so; never wrong bytes, never a hang, never a bug.

SWATH_SCHEDULES says how many random days are tried (1000 before a release), SWATH_SEED where they begin.
"""
import email.utils
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import rasters
from support.faults import STALL, Fault, FaultProxy, Schedule
from support.places import Place, ends_equal, whole
from support.run import swath as run

SCHEDULES = int(os.environ.get("SWATH_SCHEDULES", 40))
SEED = int(os.environ.get("SWATH_SEED", 1))
#: Shorter than the 10 s that people have, so that a stall costs a test one second.
PATIENCE = {"SWATH_STALL_SECONDS": STALL - 2}
#: How a command may end when the network is at fault: never 101, 2 or 7.
TYPED = {1, 3, 4, 5, 6}


# Everything that happens once to every request, and must not be noticed by whoever publishes.
HEALED = [
    Fault("status", 503), Fault("status", 429), Fault("status", 500), Fault("status", 408), Fault("status", (503, 0)), Fault("reset_before"), Fault("lost_answer"),
    Fault("reset_during"), Fault("reset_after"), Fault("flipped_up"), Fault("stall_before", STALL), Fault("stall_during", STALL),
]  # fmt: skip


def once(fault):
    return lambda seen: fault if seen.nth == 1 else None


@pytest.fixture(scope="module")
def healed(memory, old):
    """Fault -> (run, story): all at the same time, since most of it is waiting."""

    def one(fault):
        with Place(memory) as place:
            place.env |= PATIENCE
            result = place.publish(old, once(fault), rc=None)
            story = place.proxy.story()
            if result.rc == 0:
                ends_equal(place, old)
                whole(place.reader.walk(), old)
            return result, story

    with ThreadPoolExecutor(len(HEALED)) as pool:
        return dict(zip(HEALED, pool.map(one, HEALED)))


@pytest.mark.parametrize("fault", HEALED, ids=lambda f: f"{f.kind}-{f.value}")
def test_what_goes_wrong_once_with_every_request_is_not_noticed(healed, fault):
    result, story = healed[fault]
    assert result.rc == 0, f"{result}\n{story}"


@pytest.mark.parametrize("wait", ["2", "date"])
def test_a_server_that_asks_to_wait_is_obeyed(memory, old, wait):
    def busy(seen):
        if seen.writes and seen.path.endswith("/collection.json") and seen.nth == 1:
            return Fault("status", (503, email.utils.formatdate(time.time() + 3, usegmt=True) if wait == "date" else wait))

    with Place(memory) as place:
        place.publish(old, busy)
        first, second, *_ = [s.at for s in place.proxy.requests if s.writes and s.path.endswith("/maps/collection.json")]
        assert 1.7 < second - first < 4, f"came again after {second - first:.1f} s"


def test_a_server_that_stays_busy_ends_with_6(memory, old):
    with Place(memory) as place:
        place.proxy.again(lambda seen: Fault("status", (503, 0)) if seen.query else None)
        result = run("publish", f"{place.proxy.url}/{place.name}/maps", cwd=old.folder, env=place.env, rc=6, timeout=60)
        assert "503" in result.err or "busy" in result.err.lower(), result


def test_a_silent_server_ends_with_6_and_says_how_long_it_was_waited_for(memory, old):
    with Place(memory) as place:
        place.env |= {"SWATH_STALL_SECONDS": 1}
        place.proxy.again(lambda seen: Fault("stall_before", 4))
        result = run("publish", f"{place.proxy.url}/{place.name}/maps", cwd=old.folder, env=place.env, rc=6, timeout=60)
        assert "1 s" in result.err, result
        assert result.seconds < 25, f"{result.seconds:.0f} s for six attempts of 1 s"


@pytest.fixture(scope="module")
def readable(memory, old):
    """The small catalog in a container, and what every command finds in it when nothing goes wrong."""
    place = Place(memory)
    place.publish(old)
    url = f"{memory.url}/{place.name}/maps"
    ids = sorted(f["id"] for f in json.loads(run("search", url, env=place.env).out)["features"])
    assert len(ids) == 10
    yield place, ids
    place.proxy.close()


def verbs():
    """Commands that read what is published; `check --live` where this binary has it."""
    has_live = "--live" in run("check", "--help").out
    return ["search", "stack", *(["check"] if has_live else [])]


def asset_key(version):
    return next(iter(next(iter(version.items().values()))["assets"]))


def read_through(readable, old, proxy, verb, folder):
    """Runs one command through a proxy; whatever it says it found must be right."""
    place, ids = readable
    url = f"{proxy.url}/{place.name}/maps"
    env = place.env | PATIENCE
    if verb == "search":
        result = run("search", url, env=env, rc={0} | TYPED, timeout=90)
        if result.rc == 0:
            assert sorted(f["id"] for f in json.loads(result.out)["features"]) == ids, result
        return result
    if verb == "stack":
        out = folder / "x.tif"
        result = run("stack", url, "--ids", "t003", "--assets", asset_key(old), "-o", out, env=env, rc={0} | TYPED, timeout=90)
        if result.rc == 0:
            assert (rasters.read(out) == rasters.read(old.folder / "raw/map_t003.tif")).all(), "wrong pixels"
        else:
            assert not out.exists(), "an error and a file"
        return result
    return run("check", url, "--live", env=env, rc={0} | TYPED, timeout=90)


def one_day(memory, readable, old, seed, folder):
    verb = verbs()[seed % len(verbs())]
    folder.mkdir()
    with Place(memory) as place, FaultProxy(memory.url, Schedule(seed, rate=0.15)) as proxy:
        place.env |= PATIENCE
        try:
            result = place.publish(old, Schedule(seed), rc=None)
            assert result.rc in {0} | TYPED, result
            state = place.reader.walk()
            if state:
                whole(state, old)
            if result.rc:
                place.publish(old)
            ends_equal(place, old)
            read = read_through(readable, old, proxy, verb, folder)
            return {"publish": result.rc, verb: read.rc}
        except AssertionError as e:
            raise AssertionError(f"SWATH_SEED={seed}\n{e}\n--- publish\n{place.proxy.story()}\n--- {verb}\n{proxy.story()}") from None


def test_random_days(memory, readable, old, tmp_path):
    seeds = range(SEED, SEED + SCHEDULES)
    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(lambda seed: one_day(memory, readable, old, seed, tmp_path / str(seed)), seeds))
    assert sum(end["publish"] == 0 for end in ends) > 0.8 * len(ends), f"hardly any publication got through: {ends}"


@pytest.mark.parametrize("kind", ["truncated", "reset_during", "shorter_length", "longer_length", "whole_for_range", "wrong_range", "gzipped"])
def test_no_spoilt_answer_is_believed(memory, readable, old, kind, tmp_path):
    """Every answer of the server is spoilt, at every attempt."""

    def one(verb):
        (tmp_path / verb).mkdir()
        with FaultProxy(memory.url, lambda seen: Fault(kind) if not seen.writes else None) as proxy:
            read_through(readable, old, proxy, verb, tmp_path / verb)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, verbs()))


def test_the_answer_of_another_object_is_not_believed(memory, readable, old, tmp_path):
    """Instead of one tile's asset the server sends another's, at request 1, 2, ...: the tile that was asked for, or an error."""
    place, _ = readable
    names = {i: next(iter(item["assets"].values()))["href"].removeprefix("./") for i, item in old.items().items()}
    blobs = [n for n in old.files() if n.endswith(".tif")]
    mine = next(n for n in blobs if "t003" in n and n.endswith(names["t003"]))
    other = next(n for n in blobs if "t005" in n)
    ends = []
    for number in (1, 2, 3):
        seen_tif = []

        def swap(seen):
            if seen.path.endswith(mine):
                seen_tif.append(seen)
                if len(seen_tif) == number:
                    return Fault("swapped", f"{old_path(place, other)}?{place.sas}")

        with FaultProxy(memory.url, swap) as proxy:
            (tmp_path / str(number)).mkdir()
            ends.append(read_through(readable, old, proxy, "stack", tmp_path / str(number)).rc)
            if len(seen_tif) < number:
                break
    assert len(ends) > 1


def old_path(place, name):
    return f"/{place.azurite.url.rsplit('/', 1)[1]}/{place.name}/maps/{name}"


def test_an_asset_replaced_while_it_is_read_is_never_mixed(memory, tmp_path, swath):
    """At each request in turn the asset is overwritten with other pixels of the same size."""
    from support import versions

    one = versions.first(swath, tmp_path / "one", count=1, side=1600)
    two = versions.Version(tmp_path / "two")
    rasters.write(two.folder / "raw/map_t000.tif", rasters.noise((1600, 1600), seed=77), origin=(500_000, 5_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=two.folder)
    swath("build", cwd=two.folder)
    key = asset_key(one)
    name = next(n for n in one.files() if n.endswith(".tif"))
    first, second = (version.build / name for version in (one, two))
    with Place(memory) as place:
        place.publish(one)
        blob = memory.client.get_blob_client(place.name, f"maps/{name}")
        env = place.env | PATIENCE
        ends = []
        for number in range(1, 40):
            blob.upload_blob(first.read_bytes(), overwrite=True)
            asked = []

            def replace(seen):
                if seen.path.endswith(name):
                    asked.append(seen)
                    if len(asked) == number:
                        blob.upload_blob(second.read_bytes(), overwrite=True)

            place.proxy.again(replace)
            out = tmp_path / f"{number}.tif"
            result = run("stack", f"{place.proxy.url}/{place.name}/maps", "--assets", key, "-o", out, env=env, rc={0, 3, 5}, timeout=60)
            ends.append(result.rc)
            if result.rc == 0:
                got = rasters.read(out)
                assert any((got == rasters.read(version.folder / "raw/map_t000.tif")).all() for version in (one, two)), f"a mixture at request {number}"
            if len(asked) < number:
                break
        assert len(ends) > 2, "the asset is read in one request: nothing was tried"
