"""`publish` killed anywhere: no reader ever finds a link to nothing or half an item, and the next run sends only what is missing.

SWATH_KILLS says how many random moments are tried (1000 before a release).
"""
import itertools
import os
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

from support import versions
from support.catalog import open_catalog
from support.faults import Fault
from support.places import MANIFEST, Place, ends_equal, whole
from support.run import start

KILLS = int(os.environ.get("SWATH_KILLS", 100))
AT_ONCE = 3


def killed_then_resumed(place, before, version, number):
    """Kills at a request, reads, and resumes; False when the run ended before that request."""
    if before:
        place.publish(before)
    result = place.publish(version, lambda seen: Fault("kill", "after") if seen.number == number else None, rc=None)
    if result.rc == 0:
        return False
    assert result.rc == -9, f"{result}\n{place.proxy.story()}"
    state = place.reader.walk()
    if state:
        whole(state, *filter(None, (before, version)))
    else:
        assert not before, "the catalog is gone"
    there, wanted = place.stored(), version.files()
    place.publish(version)
    missing = sorted(name for name, md5 in wanted.items() if there.get(name) != md5)
    assert [n for n in place.written() if n != MANIFEST] == missing, f"after request {number}"
    ends_equal(place, version, before)
    return True


def at_every_request(memory, before, version):
    """Kill after the first request, the second, and so on until there is none."""

    def one(number):
        with Place(memory) as place:
            return killed_then_resumed(place, before, version, number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(1, 400, 2 * AT_ONCE):
            numbers = list(range(first, first + 2 * AT_ONCE))
            happened = list(pool.map(one, numbers))
            if not all(happened):
                return numbers[happened.index(False)] - 1
    raise AssertionError("a small publication takes 400 requests")


def test_a_first_publication_killed_at_any_request_is_never_half_seen(memory, old):
    requests = at_every_request(memory, None, old)
    assert requests > 20, f"only {requests} requests were seen"


def test_an_update_killed_at_any_request_shows_old_or_new_items(memory, old, new):
    requests = at_every_request(memory, old, new)
    assert requests > 8, f"only {requests} requests were seen"


def test_two_versions_killed_in_a_row_leave_nothing_that_the_third_run_does_not_own(memory, old, new):
    with Place(memory) as place:
        place.publish(old)
        shown = lambda seen: Fault("kill", "after") if seen.method == "PUT" and seen.path.endswith("/collection.json") else None  # noqa: E731
        assert place.publish(new, shown, rc=None).rc == -9
        assert place.publish(old, lambda seen: Fault("kill", "before") if seen.method == "PUT" else None, rc=None).rc == -9
        place.publish(old)
        whole(place.reader.walk(), old)
        ends_equal(place, old, new)


def moments(kind, count, full):
    dice = random.Random(f"{kind} {os.environ.get('SWATH_SEED', 1)}")
    return [dice.uniform(0, 1.1 * full) for _ in range(count)]


def test_kills_at_random_moments_in_a_container(memory, old, new):
    """The two versions follow each other in one container, killed again and again, finished now and then."""
    with Place(memory) as place:
        full = place.publish(old).seconds
        latest, pair = old, itertools.cycle((new, old))
        for number, moment in enumerate(moments("container", KILLS // 3, full)):
            latest, before = next(pair), latest
            place.proxy.again()
            running = start("publish", f"{place.proxy.url}/{place.name}/maps", cwd=latest.folder, env=place.env)
            time.sleep(moment)
            running.process.kill()
            ended = running.end(60)
            assert ended.rc in (0, -9), ended
            place.proxy.settle()
            whole(place.reader.walk(), old, new)
            if number % 8 == 7:
                place.publish(latest)
                ends_equal(place, latest, before)
                whole(place.reader.walk(), latest)


def test_kills_at_random_moments_in_a_folder(swath, old, new, tmp_path):
    target = tmp_path / "out"
    full = swath("publish", target, cwd=old.folder).seconds
    pair = itertools.cycle((new, old))
    for number, moment in enumerate(moments("folder", KILLS - KILLS // 3, full)):
        if number % 10 == 0:
            shutil.rmtree(target)
        version = next(pair)
        running = start("publish", target, cwd=version.folder)
        time.sleep(moment)
        running.process.kill()
        ended = running.end(60)
        assert ended.rc in (0, -9), ended
        if (target / "collection.json").is_file():
            holds(open_catalog(target), old, new)
        if number % 10 == 9:
            swath("publish", target, cwd=version.folder)
            holds(open_catalog(target), version)
            swath("check", target)


def holds(catalog, *allowed):
    versions_items = [version.items() for version in allowed]
    assert sorted(i.body["id"] for i in catalog.items) in [sorted(items) for items in versions_items]
    for item in catalog.items:
        assert item.body in [items.get(item.body["id"]) for items in versions_items]
        for key, asset in item.body["assets"].items():
            assert versions.sha256(item.asset(key)) == asset["file:checksum"].removeprefix("1220")
