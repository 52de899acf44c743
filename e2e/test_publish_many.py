"""Several publish to one place at once, and people read meanwhile.

SWATH_PUBLISHERS and SWATH_ROUNDS say how many (8 and 50 before a release), SWATH_POLLED how many publications are watched (100).
"""
import itertools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import versions
from support.places import MANIFEST, Place, ends_equal, whole
from support.reader import Reader
from support.run import holds_for_every_run, start
from support.run import swath as run

PUBLISHERS = int(os.environ.get("SWATH_PUBLISHERS", 4))
ROUNDS = int(os.environ.get("SWATH_ROUNDS", 3))
POLLED = int(os.environ.get("SWATH_POLLED", 10))


@pytest.fixture(scope="module")
def publishers(swath, tmp_path_factory):
    """Builds of one catalog and collection, each with two tiles that no other has."""

    def make(number):
        return versions.first(swath, tmp_path_factory.mktemp(f"publisher{number}"), count=2, start=2 * number)

    return [make(number) for number in range(PUBLISHERS)]


def events(result, kind):
    return [event for event in map(json.loads, result.out.splitlines()) if event.get("type") == kind]


def publish_at_once(place, builds):
    url = f"{place.azurite.url}/{place.name}/maps"
    runs = [start("--json", "publish", url, cwd=version.folder, env=place.env) for version in builds]
    with ThreadPoolExecutor(len(runs)) as pool:
        results = list(pool.map(lambda running: running.end(120), runs))
    for result in results:
        holds_for_every_run(result)
        assert result.rc == 0, result
    return results


def manifest(place):
    blob = place.azurite.client.get_blob_client(place.name, f"maps/{MANIFEST}")
    return json.loads(blob.download_blob().readall())


@pytest.mark.parametrize("number", range(ROUNDS))
def test_nobodys_items_are_lost_and_each_generation_has_one_winner(memory, publishers, number):
    with Place(memory) as place:
        results = publish_at_once(place, publishers)
        won = sorted(events(result, "published")[0]["generation"] for result in results)
        assert len(set(won)) == len(publishers), f"two won one generation: {won}"
        # A publisher that relies on what only others have first claims it, by a generation of its own.
        assert len(publishers) <= max(won) == manifest(place)["generation"]
        everything = {}
        for version in publishers:
            everything |= version.items()
        state = place.reader.walk()
        assert sorted(state.items) == sorted(everything)
        for name, item in state.items.items():
            assert item["assets"] == everything[name]["assets"]
        url = f"{memory.url}/{place.name}/maps"
        found = json.loads(run("search", url, env=place.env).out)["features"]
        assert sorted(f["id"] for f in found) == sorted(everything), "items.parquet does not know all"


def test_a_reader_during_publications_sees_whole_states_only(memory, old, new):
    done, seen, errors = threading.Event(), [], []

    def poll(place):
        reader = Reader(f"{memory.url}/{place.name}/maps", place.sas)
        while not done.is_set():
            try:
                state = reader.walk()
                whole(state, old, new)
                seen.append(sorted(state.items))
            except AssertionError as e:
                errors.append(e)
                return

    def search(place):
        """swath itself as the reader: all items of one version, never of two."""
        while not done.is_set():
            result = start("search", f"{memory.url}/{place.name}/maps", env=place.env).end(60)
            holds_for_every_run(result)
            if result.rc != 0:
                errors.append(result)
                return
            found = {f["id"]: {k: a["href"].rsplit("/", 1)[1] for k, a in f["assets"].items()} for f in json.loads(result.out)["features"]}
            if found not in [names(old), names(new)]:
                errors.append(f"search found a mixture: {found}")
                return

    with Place(memory) as place:
        place.publish(old)
        readers = [threading.Thread(target=each, args=(place,)) for each in (poll, search)]
        for reader in readers:
            reader.start()
        try:
            for _, version in zip(range(POLLED), itertools.cycle((new, old))):
                place.publish(version)
        finally:
            done.set()
            for reader in readers:
                reader.join()
        assert not errors, errors[0]
        assert len(seen) >= POLLED / 2, f"the reader looked only {len(seen)} times"
        ends_equal(place, version, new if version is old else old)


def names(version):
    return {i: {k: a["href"].rsplit("/", 1)[1] for k, a in item["assets"].items()} for i, item in version.items().items()}
