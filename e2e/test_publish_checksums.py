"""What `swath build` knows of its files is believed while they are as it left them, and never where it would be wrong."""
import json
import os
import time

import pytest

from support import versions


@pytest.fixture
def small(swath, tmp_path):
    return versions.first(swath, tmp_path / "small", count=2)


def checksums(version):
    return version.folder / ".swath/checksums/build.json"


def remembered(version):
    return json.loads(checksums(version).read_text())["files"]


def pretend(version, **wrong):
    """Another checksum is remembered of one asset."""
    document = json.loads(checksums(version).read_text())
    name = next(name for name in document["files"] if name.endswith(".tif"))
    document["files"][name] |= wrong
    time.sleep(0.02)
    checksums(version).write_text(json.dumps(document))
    return name


def test_a_build_remembers_what_its_assets_hash_to(small):
    assert {name for name in remembered(small) if name.endswith(".tif")} == {name for name in small.files() if name.endswith(".tif")} != set()


def test_assets_that_are_as_the_build_left_them_are_not_read_for_a_plan(swath, small):
    name = pretend(small, sha256="0" * 64)
    believed = swath("publish", "there", "--dry-run", cwd=small.folder, rc=3)
    assert name in believed.err and "0" * 64 in believed.err, believed
    swath("publish", "there", "--rehash", cwd=small.folder)
    assert (small.folder / "there" / name).read_bytes() == (small.build / name).read_bytes()


@pytest.mark.parametrize("how", ["rewritten", "backdated", "replaced"])
def test_an_asset_that_was_touched_is_read_again(swath, small, how):
    name = pretend(small, sha256="0" * 64)
    path = small.build / name
    before, content = path.stat(), path.read_bytes()
    if how == "replaced":
        path.unlink()
    path.write_bytes(content)
    if how == "backdated":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    swath("publish", "there", cwd=small.folder)
    assert (small.folder / "there" / name).read_bytes() == content


def test_a_file_is_held_to_its_checksum_when_it_is_sent_whatever_is_remembered(swath, small):
    """The plan believes what is remembered; the upload finds other bytes, and all is read again."""
    name = pretend(small, crc64=1)
    result = swath("publish", "there", cwd=small.folder)
    assert (small.folder / "there" / name).read_bytes() == (small.build / name).read_bytes()
    assert "changed since it was planned" in result.err, result


def test_what_is_remembered_in_another_form_is_as_good_as_nothing(swath, small):
    for text in ("", "[]", '{"version": 99, "files": {}}', '{"version": 1, "files": {"x": 5}}'):
        checksums(small).write_text(text)
        swath("publish", "there", "--dry-run", cwd=small.folder)
        assert checksums(small).read_text() == text, "a dry run wrote"
    swath("publish", "there", cwd=small.folder)
