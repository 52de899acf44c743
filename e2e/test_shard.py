"""`build --shard I/N` and `--merge`: the same build by many processes, killed or not, byte for byte."""
import json
import os
import random
import re
import shutil
import signal
import time

import pytest

from support import rasters
from support.files import rewritten, stamps, tree
from support.run import start

ITEMS = 14


def project(swath, folder, items=ITEMS):
    """Tiles of two datasets, one with two variables, and a plan."""
    for n in range(items):
        origin = (500_000 + 30_000 * n, 5_000_000)
        rasters.write(folder / f"raw/map_t{n:03}.tif", rasters.smooth((300 + 7 * n, 400), seed=n), origin=origin, nodata=0)
    for n in range(3):
        for name in ("b1", "b2"):
            rasters.write(folder / f"raw/more/sea_{name}_s{n:02}.tif", rasters.noise((64, 64), seed=n), origin=(400_000 + 3_000 * n, 4_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def raw(swath, tmp_path_factory):
    """Raw files and a plan; for copying only."""
    return project(swath, tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def whole(swath, raw, tmp_path_factory):
    """What one undivided build makes of it."""
    folder = copied(raw, tmp_path_factory.mktemp("whole") / "x")
    swath("build", cwd=folder)
    return tree(folder / "build")


def copied(raw, folder):
    return shutil.copytree(raw, folder)


@pytest.fixture
def here(raw, tmp_path):
    return copied(raw, tmp_path / "project")


def converted(result):
    (event,) = [e for e in result.events() if e["type"] == "build"]
    return event["converted"]


def shards(swath, folder, count, numbers=None):
    return [swath("build", "--shard", f"{i}/{count}", "--json", cwd=folder) for i in numbers or range(1, count + 1)]


def kept_nothing_of_shards(folder):
    assert not (folder / ".swath/shards").exists()
    assert not any((folder / ".swath/unfinished").iterdir())


@pytest.mark.parametrize("count", [1, 3, 19])
def test_shards_and_a_merge_make_what_one_build_makes(swath, here, whole, count):
    made = [converted(r) for r in shards(swath, here, count)]
    assert sum(made) == ITEMS + 6
    if count == 3:
        assert max(made) - min(made) <= 3, made
    assert not (here / "build/collection.json").exists(), "a shard writes no document"
    assert converted(swath("build", "--merge", "--json", cwd=here)) == 0
    assert tree(here / "build") == whole
    kept_nothing_of_shards(here)
    swath("plan", "--exit-code", cwd=here, rc=0)


def test_shards_that_run_at_once_make_the_same(swath, here, whole):
    running = [start("build", "--shard", f"{i}/5", cwd=here) for i in range(1, 6)]
    assert [r.end().rc for r in running] == [0] * 5
    swath("build", "--merge", cwd=here)
    assert tree(here / "build") == whole


def test_a_whole_build_after_shards_converts_only_what_they_left(swath, here, whole):
    made = sum(converted(r) for r in shards(swath, here, 4, [1, 3]))
    result = swath("build", "--json", cwd=here)
    assert 0 < made and converted(result) == ITEMS + 6 - made
    assert tree(here / "build") == whole
    kept_nothing_of_shards(here)


def test_another_division_goes_on_from_the_first(swath, here, whole):
    made = sum(converted(r) for r in shards(swath, here, 2, [1]))
    made += sum(converted(r) for r in shards(swath, here, 3))
    assert made == ITEMS + 6
    swath("build", "--merge", cwd=here)
    assert tree(here / "build") == whole


KILLS = int(os.environ.get("SWATH_SHARD_KILLS", 4))


def test_a_killed_shard_is_run_again_and_does_what_is_left(swath, raw, whole, tmp_path):
    random.seed(int(os.environ.get("SWATH_SEED", 0)))
    for kill in range(KILLS):
        here = copied(raw, tmp_path / str(kill))
        victims = [start("build", "--shard", f"{i}/2", cwd=here) for i in (1, 2)]
        time.sleep(random.uniform(0.02, 0.5))
        victims[1].process.send_signal(signal.SIGKILL)
        first, second = (v.end() for v in victims)
        assert first.rc == 0
        if second.rc:
            refused = swath("build", "--merge", cwd=here, rc={0, 1})
            assert refused.rc == 0 or "shard 2 of 2" in refused.err, refused
            swath("build", "--shard", "2/2", cwd=here)
        swath("build", "--merge", cwd=here)
        assert tree(here / "build") == whole
        kept_nothing_of_shards(here)
        shutil.rmtree(here)


def test_a_merge_names_the_shards_that_are_missing_and_their_command(swath, here):
    result = swath("build", "--merge", cwd=here, rc=1)
    assert "17 of 17 items are not built; no shard of this plan has run" in result.err
    shards(swath, here, 4, [1, 3])
    before = tree(here)
    result = swath("build", "--merge", cwd=here, rc=1)
    assert "8 of 17 items are not built: shards 2 and 4 of 4" in result.err, result
    command = re.search(r"hint: `swath (build --shard 2/4)`, and so for 4; or `swath build`", result.err)
    assert tree(here) == before, "a merge that cannot be made leaves everything as it was"
    swath(*command[1].split(), cwd=here)
    result = swath("build", "--merge", cwd=here, rc=1)
    assert "shard 4 of 4" in result.err
    shards(swath, here, 4, [4])
    swath("build", "--merge", cwd=here)


def test_a_shard_that_is_none_is_refused(swath, here):
    for text, found in [("0/4", "counted from 1"), ("5/4", "counted from 1"), ("2", "2/4 is the second of four"), ("1/0", "no shard is one of 0")]:
        assert found in swath("build", "--shard", text, cwd=here, rc=2).err
    swath("build", "--shard", "1/4", "--merge", cwd=here, rc=2)
    assert not (here / ".swath").exists() and not (here / "build").exists()


def test_a_changed_raw_file_is_one_shards_work_and_its_asset_gets_a_new_name(swath, here, raw, tmp_path):
    swath("build", cwd=here)
    before = stamps(here / "build")
    rasters.write(here / "raw/map_t003.tif", rasters.smooth((321, 400), seed=99), origin=(500_000 + 90_000, 5_000_000), nodata=0)
    made = [converted(r) for r in shards(swath, here, 3)]
    assert sorted(made) == [0, 0, 1]
    old = set(before)
    assert len(set(stamps(here / "build")) - old) == 1 and old <= set(stamps(here / "build")), "the old asset stands until the tree names the new one"
    swath("build", "--merge", cwd=here)
    changed = [p for p in rewritten(before, stamps(here / "build")) if p.endswith(".tif")]
    assert len(changed) == 1 and "t003" in changed[0]
    assert len([p for p in stamps(here / "build") if "t003" in p and p.endswith(".tif")]) == 1, "the old asset is gone"
    swath("check", "build", cwd=here)


def test_what_a_shard_could_not_convert_does_not_stop_the_others(swath, here, whole):
    bad = here / "raw/map_t005.tif"
    content = bytearray(bad.read_bytes())
    bad.write_bytes(content[: len(content) * 2 // 3])
    codes = [start("build", "--shard", f"{i}/3", cwd=here).end().rc for i in (1, 2, 3)]
    assert sorted(codes) == [0, 0, 8]
    merged = swath("build", "--merge", "--json", cwd=here, rc=8)
    (event,) = [e for e in merged.events() if e["type"] == "build"]
    assert [f["path"].rsplit("/", 1)[-1] for f in event["failed"]] == ["map_t005.tif"] and event["converted"] == 0
    without = {p for p in whole if "t005" not in p}
    assert {p for p in tree(here / "build")} == without
    bad.write_bytes(bytes(content))
    swath("build", cwd=here)
    assert tree(here / "build") == whole


def test_a_plan_named_from_elsewhere_is_the_same_plan(swath, here, whole):
    """Jobs start in a folder of their own, and machines mount a disk where they like."""
    shards(swath, here, 2, [1])
    swath("build", "--shard", "2/2", "--plan", here / "swath.toml", cwd="/")
    moved = here.rename(here.parent / "moved")
    assert converted(swath("build", "--merge", "--json", "--plan", "moved/swath.toml", cwd=moved.parent)) == 0
    assert tree(moved / "build") == whole


def test_one_dataset_in_shards(swath, here, raw):
    (dataset, other) = sorted(re.findall(r'^\[\[dataset\]\]\nid = "(.*)"', (here / "swath.toml").read_text(), re.M))
    for i in (1, 2):
        swath("build", dataset, "--shard", f"{i}/2", cwd=here)
    refused = swath("build", "--merge", cwd=here, rc=1)
    assert "items are not built" in refused.err
    swath("build", dataset, "--merge", cwd=here)
    assert not (here / "build" / other).exists()
    collections = [json.loads(p.read_text())["id"] for p in (here / "build").glob("*/collection.json")]
    assert collections == [dataset]
