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
