"""Broken files: a clear error with the file's name, fast, in little memory, and no output."""
import os
import pathlib
import random

import pytest

from support import rasters
from support.measure import measured
from support.run import ROOT

FOLDER = pathlib.Path(os.environ.get("SWATH_SHARED") or ROOT.parent / "shared") / "data/malformed"
FILES = sorted(str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()) or [None]


def judge(result, name):
    assert result.rc not in (0, 101), result
    assert result.seconds < 10, result
    assert result.peak_mib < 1024, f"{result.peak_mib:.0f} MiB\n{result}"
    assert "error" in result.err and pathlib.PurePath(name).name in result.err, result


@pytest.mark.parametrize("name", FILES)
def test_cog(shared, swath, tmp_path, name):
    result = measured("cog", FOLDER / name, tmp_path / "out.tif")
    judge(result, name)
    assert list(tmp_path.iterdir()) == [], "files left behind"


@pytest.mark.parametrize("name", FILES)
def test_info(shared, swath, name):
    result = measured("info", FOLDER / name)
    assert result.rc == 0 or pathlib.PurePath(name).name in result.err, result
    assert result.seconds < 10 and result.peak_mib < 1024


@pytest.mark.parametrize("name", FILES)
def test_check(shared, swath, name):
    result = measured("check", FOLDER / name)
    assert result.rc != 0 and result.seconds < 10 and result.peak_mib < 1024, result
    assert pathlib.PurePath(name).name in result.text, result


def test_a_folder_of_nothing_but_broken_files(shared, swath, tmp_path):
    swath("init", FOLDER, "-o", tmp_path / "swath.toml", rc=None, timeout=60)


@pytest.mark.parametrize("text", ["", "\0" * 100, "II*\0", "MM\0+", "\x89HDF\r\n\x1a\n", "CDF\x01", "not a raster at all"])
def test_beginnings_of_formats(swath, tmp_path, text):
    path = tmp_path / "small.tif"
    path.write_bytes(text.encode("latin-1"))
    result = measured("cog", path, tmp_path / "out.tif")
    judge(result, path)
    assert not (tmp_path / "out.tif").exists()


def test_every_cut_of_a_good_file(swath, tmp_path):
    whole = rasters.write(tmp_path / "whole.tif", rasters.smooth((64, 64)), compress="deflate").read_bytes()
    for cut in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        path = tmp_path / "cut.tif"
        path.write_bytes(whole[:cut])
        result = swath("cog", path, tmp_path / "out.tif", rc=None)
        if result.rc == 0:
            assert (tmp_path / "out.tif").exists()
            (tmp_path / "out.tif").unlink()
            assert cut > len(whole) * 0.5, f"a file cut at {cut} of {len(whole)} was accepted"
        else:
            assert "cut.tif" in result.err, result


def test_flipped_bytes_never_panic(swath, tmp_path):
    whole = bytearray(rasters.write(tmp_path / "whole.tif", rasters.smooth((64, 64)), compress="lzw").read_bytes())
    random.seed(11)
    for _ in range(80):
        broken = bytearray(whole)
        for _ in range(random.choice((1, 2, 8))):
            broken[random.randrange(min(len(broken), 600))] = random.randrange(256)
        (tmp_path / "broken.tif").write_bytes(broken)
        swath("cog", tmp_path / "broken.tif", tmp_path / "out.tif", rc=None, timeout=10, memory=2 << 30)
