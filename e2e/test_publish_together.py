"""`publish` beside other publishers of the same catalog: nobody's items are lost, and what is published is healthy."""
import os
import random
import shutil
import threading

import numpy as np
import pytest

from support import rasters
from support.catalog import open_catalog
from support.files import stamps, tree
from support.projects import Project, manifest


def ids(place):
    return {item.body["id"] for item in open_catalog(place).items}


def healthy(swath, place):
    """No finding at all, but for items that were taken back and are not pruned yet."""
    result = swath("check", place, "--json")
    found = [event for event in result.events() if event["type"] == "finding" and event["rule"] != "STAC-ORPHAN"]
    assert found == [], found


@pytest.fixture
def two(tmp_path):
    return Project(tmp_path, "a"), Project(tmp_path, "b"), tmp_path / "out"


def test_alone_what_is_published_is_the_build_byte_for_byte(tmp_path):
    a, out = Project(tmp_path, "a"), tmp_path / "out"
    a.publish(out)
    assert {k: v for k, v in tree(out).items() if k != "swath.manifest.json"} == tree(a.folder / "build")
    a.tile(2)
    a.tile(0, seed=9)
    a.build()
    a.publish(out, "--prune")
    assert {k: v for k, v in tree(out).items() if k != "swath.manifest.json"} == tree(a.folder / "build")


def test_what_others_published_stays_and_is_linked(swath, two):
    a, b, out = two
    a.publish(out)
    dry = b.publish(out, "--dry-run")
    assert "merge" in dry.out and "2 files that others" not in dry.out, dry
    b.publish(out)
    assert ids(out) == a.items() | b.items()
    healthy(swath, out)
    before = stamps(out)
    a.publish(out)
    b.publish(out)
    assert stamps(out) == before, "whoever merges the same items makes the same bytes of them"
    found = swath("search", out, "--json", "-o", out.parent / "found.json")
    assert set(a.items() | b.items()) == {f["id"] for f in __import__("json").loads((out.parent / "found.json").read_text())["features"]}, found


def test_a_publisher_takes_back_its_own_and_nothing_else(swath, two):
    a, b, out = two
    a.publish(out)
    b.publish(out)
    a.raw(0).unlink()
    a.build()
    a.publish(out)
    assert ids(out) == {"a001", "b000", "b001"}
    assert (out / "m/a000/a000.json").is_file(), "it is still there for whoever holds its address"
    a.publish(out, "--prune")
    assert not (out / "m/a000").exists() and ids(out) == {"a001", "b000", "b001"}
    healthy(swath, out)
    assert np.array_equal(rasters.read(open_catalog(out).item("b000").asset("data")), rasters.read(b.raw(0)))


def test_a_whole_dataset_of_somebody_else_is_kept(swath, two):
    a, b, out = two
    text = (b.folder / "swath.toml").read_text().replace('id = "m"', 'id = "other"')
    (b.folder / "swath.toml").write_text(text)
    b.build()
    a.publish(out)
    b.publish(out)
    a.tile(5)
    a.build()
    a.publish(out)
    assert ids(out) == a.items() | b.items()
    assert {c.body["id"] for c in open_catalog(out).collections} >= {"m", "other"}
    healthy(swath, out)


def clone(project, name):
    """The same project on another machine: without the record of what was published."""
    shutil.copytree(project.folder, project.folder.parent / name)
    shutil.rmtree(project.folder.parent / name / ".swath/published", ignore_errors=True)
    other = object.__new__(Project)
    other.folder, other.name = project.folder.parent / name, project.name
    return other


def test_what_only_one_of_two_clones_changed_is_kept_and_what_both_changed_is_a_conflict(swath, tmp_path):
    a, out = Project(tmp_path, "a"), tmp_path / "out"
    a.publish(out)
    other = clone(a, "clone")
    other.publish(out)  # equal to what is there: from here on it knows what it has seen
    a.tile(0, seed=50)
    a.build()
    a.publish(out)
    other.tile(1, seed=60)
    other.build()
    result = other.publish(out)
    assert "stay as another publisher changed them: m/a000/a000.json" in result.err, result
    item = open_catalog(out).item("a000")
    assert np.array_equal(rasters.read(item.asset("data")), rasters.read(a.raw(0))), "the later clone took the change back"
    assert np.array_equal(rasters.read(open_catalog(out).item("a001").asset("data")), rasters.read(other.raw(1)))
    healthy(swath, out)
    other.tile(0, seed=70)
    other.build()
    before = stamps(out)
    result = other.publish(out, rc=5)
    assert "a000.json" in result.err and "both" in result.err and "--overwrite true" in result.err, result
    assert stamps(out) == before
    other.publish(out, "--overwrite", "true")
    assert np.array_equal(rasters.read(open_catalog(out).item("a000").asset("data")), rasters.read(other.raw(0)))
    healthy(swath, out)


def test_without_its_record_a_build_retires_nothing_and_mirror_makes_it_the_whole(swath, two):
    a, b, out = two
    a.publish(out)
    b.publish(out)
    stranger = clone(a, "stranger")
    stranger.raw(0).unlink()
    stranger.build()
    result = stranger.publish(out)
    assert "no record" in result.err and "--mirror" in result.err, result
    assert ids(out) == a.items() | b.items()
    stranger.publish(out, "--mirror", "--prune")
    assert ids(out) == {"a001"}
    assert {k: v for k, v in tree(out).items() if k != "swath.manifest.json"} == tree(stranger.folder / "build")
    healthy(swath, out)


def test_a_title_is_that_of_whoever_changed_it_last(swath, two):
    a, b, out = two
    a.publish(out)
    b.publish(out)

    def title(project, text):
        plan = project.folder / "swath.toml"
        plan.write_text(plan.read_text().replace('id = "m"', f'id = "m"\ntitle = "{text}"') if "title = \"T" not in plan.read_text() else plan.read_text().replace("T1", text))
        project.build()
        project.publish(out)

    title(a, "T1")
    b.tile(3)
    b.build()
    b.publish(out)
    collection = next(c for c in open_catalog(out).collections if c.body["id"] == "m")
    assert collection.body["title"] == "T1"
    healthy(swath, out)


def test_publishers_at_the_same_time_lose_no_item_and_each_generation_has_one_winner(swath, azurite, tmp_path):
    """`SWATH_PUBLISHERS=8 SWATH_ROUNDS=50` is the measure; the default is what a test run can afford."""
    count, rounds = int(os.environ.get("SWATH_PUBLISHERS", 3)), int(os.environ.get("SWATH_ROUNDS", 2))
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas(hours=10)}
    url = f"{azurite.url}/together/maps"
    projects = [Project(tmp_path, name) for name in "abcdefghij"[:count]]
    generations, attempts, faults = [], [], []
    random.seed(1)

    def live(project):
        try:
            for round in range(rounds):
                result = project.publish(url, "--json", env=env, timeout=600)
                report = next(event for event in result.events() if event["type"] == "published")
                assert report["generation"], f"nothing to commit\n{result}"
                assert report["uploaded"] == sum(report["kinds"].values()) >= 1, f"what an attempt sent that lost its race counts too\n{result}"
                generations.append(report["generation"])
                attempts.append(report["attempts"])
                if round + 1 < rounds:
                    project.tile(round + 2)
                    project.build()
        except BaseException as e:
            faults.append(f"{project.name}: {e}")

    threads = [threading.Thread(target=live, args=(project,)) for project in projects]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not faults, "\n".join(faults)
    # A publisher that relies on what only others have first claims it, by a generation of its own.
    assert len(set(generations)) == count * rounds <= max(generations), f"one winner per generation: {sorted(generations)}"
    azurite.download("together", tmp_path / "got")
    assert ids(tmp_path / "got/maps") == set().union(*(project.items() for project in projects))
    named = manifest(tmp_path / "got/maps")["objects"]
    assert len([name for name in named if name.endswith(".tif")]) == count * (rounds + 1)
    healthy(swath, tmp_path / "got/maps")
    print(f"{count} publishers, {rounds} rounds: {len(attempts)} commits, {sum(attempts)} attempts, at most {max(attempts)}")
