"""`swath cog --out-dir`: many files, resumed where they were stopped; `kill -9` at random moments."""
import os
import random
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
import rasterio

from support import rasters
from support.files import rewritten, stamps, tree
from support.measure import measured
from support.run import BINARY, environment

SEED = 20240607


def raws(folder, count, side=400, **profile):
    for n in range(count):
        rasters.write(folder / f"raw/t{n:02}.tif", rasters.smooth((side, side), seed=n), **profile)
    return sorted((folder / "raw").glob("*.tif"))


def cogs(folder):
    return {k: v for k, v in tree(folder).items() if k.endswith(".tif")}


def leftovers(folder):
    return [p for p in folder.rglob(".swath-part-*")]


def statuses(result):
    return {e["input"].rsplit("/", 1)[-1]: e["status"] for e in result.events() if e["type"] == "cog"}


def test_each_input_becomes_its_name_and_the_pixels_are_equal(swath, tmp_path):
    files = raws(tmp_path, 5)
    result = swath("cog", "--json", "--out-dir", "out", *files, cwd=tmp_path)
    assert [e["type"] for e in result.events()] == ["version", *["cog"] * 5, "cogs", "summary"]
    for file in files:
        assert np.array_equal(rasters.read(file), rasters.read(tmp_path / "out" / file.name))
    single = swath("cog", files[0], "one.tif", cwd=tmp_path)
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "out/t00.tif").read_bytes(), single


def test_a_second_run_does_nothing_and_says_so(swath, tmp_path):
    files = raws(tmp_path, 4)
    swath("cog", "--out-dir", "out", *files, cwd=tmp_path)
    before = stamps(tmp_path / "out")
    again = swath("cog", "--json", "--out-dir", "out", *files, cwd=tmp_path)
    assert set(statuses(again).values()) == {"unchanged"} and len(statuses(again)) == 4
    assert "4 done before" in again.err
    assert rewritten(before, {k: v for k, v in stamps(tmp_path / "out").items() if k.endswith(".tif")}) == []
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = swath("cog", "--json", "--out-dir", "../out", *[f"../raw/{f.name}" for f in files], cwd=elsewhere)
    assert set(statuses(moved).values()) == {"unchanged"}, moved


@pytest.mark.parametrize("what", ["input", "sidecar", "options", "gone", "cut", "edited", "overwrite"])
def test_what_changed_is_converted_again_and_nothing_else(swath, tmp_path, what):
    files = raws(tmp_path, 3)
    swath("cog", "--out-dir", "out", *files, cwd=tmp_path)
    whole = cogs(tmp_path / "out")
    output, more, due = tmp_path / "out/t01.tif", [], {"t01.tif"}
    if what == "input":
        rasters.write(files[1], rasters.smooth((300, 300), seed=9))
    elif what == "sidecar":
        (tmp_path / "raw/t01.tif.aux.xml").write_text('<PAMDataset><Metadata><MDI key="A">b</MDI></Metadata></PAMDataset>')
    elif what == "options":
        more, due = ["-p", "deflate"], {f.name for f in files}
    elif what == "gone":
        output.unlink()
    elif what == "cut":
        os.truncate(output, 1000)
    elif what == "edited":
        content = bytearray(output.read_bytes())
        content[-100] ^= 1
        output.write_bytes(content)
    else:
        more, due = ["--overwrite"], {f.name for f in files}
    again = swath("cog", "--json", "--out-dir", "out", *more, *files, cwd=tmp_path)
    assert {k for k, v in statuses(again).items() if v == "converted"} == due, again
    if what in ("gone", "cut", "edited", "overwrite"):
        assert cogs(tmp_path / "out") == whole
    final = swath("cog", "--json", "--out-dir", "out", *[m for m in more if m != "--overwrite"], *files, cwd=tmp_path)
    assert set(statuses(final).values()) == {"unchanged"}


def test_a_copied_folder_of_outputs_is_still_done(swath, tmp_path):
    files = raws(tmp_path, 2)
    swath("cog", "--out-dir", "out", *files, cwd=tmp_path)
    shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copyfile)
    assert set(statuses(swath("cog", "--json", "--out-dir", "copy", *files, cwd=tmp_path)).values()) == {"unchanged"}


def test_two_inputs_of_one_name_are_refused_before_anything_is_written(swath, tmp_path):
    raws(tmp_path, 2)
    shutil.copytree(tmp_path / "raw", tmp_path / "b")
    result = swath("cog", "--out-dir", "out", "raw/t00.tif", "raw/t01.tif", "b/t01.tif", cwd=tmp_path, rc=2)
    assert "raw/t01.tif" in result.err and "b/t01.tif" in result.err
    assert not (tmp_path / "out").exists()


def test_an_output_over_an_input_is_refused(swath, tmp_path):
    files = raws(tmp_path, 2)
    before = tree(tmp_path / "raw")
    swath("cog", "--out-dir", "raw", *files, cwd=tmp_path, rc=2)
    assert tree(tmp_path / "raw") == before


@pytest.mark.parametrize("wrong", [["--co", "COMPRES=LZW"], ["-p", "lzma"], ["--memory", "64"], ["-t", "int3"]])
def test_wrong_options_write_nothing(swath, tmp_path, wrong):
    files = raws(tmp_path, 1)
    swath("cog", *wrong, "--out-dir", "out", *files, cwd=tmp_path, rc=2)
    assert not (tmp_path / "out").exists()


def test_bad_files_do_not_stop_the_others(swath, tmp_path):
    files = raws(tmp_path, 6)
    files[1].write_bytes(files[1].read_bytes()[:5000])
    files[3].write_bytes(b"version https://git-lfs.github.com/spec/v1")
    files[4].unlink()
    result = swath("cog", "--json", "--out-dir", "out", *files, cwd=tmp_path, rc=8)
    assert sorted(cogs(tmp_path / "out")) == ["t00.tif", "t02.tif", "t05.tif"]
    tail = "\n".join(result.err.splitlines()[-8:])
    for n in (1, 3, 4):
        assert f"t{n:02}.tif" in tail, tail
    quiet = swath("-q", "cog", "--out-dir", "out", *files, cwd=tmp_path, rc=8)
    assert "t03.tif" in quiet.err and "done before" not in quiet.err
    only = swath("cog", "--out-dir", "out", files[1], cwd=tmp_path, rc=3)
    assert "t01.tif" in only.err


def test_somebody_elses_file_is_not_replaced(swath, tmp_path):
    files = raws(tmp_path, 2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/t00.tif").write_bytes(b"mine")
    result = swath("cog", "--out-dir", "out", *files, cwd=tmp_path, rc=8)
    assert (tmp_path / "out/t00.tif").read_bytes() == b"mine" and "--overwrite" in result.err
    swath("cog", "--overwrite", "--out-dir", "out", *files, cwd=tmp_path)
    assert rasters.read(tmp_path / "out/t00.tif").shape == (1, 400, 400)


def test_a_folder_stands_for_its_rasters_and_keeps_its_folders(swath, tmp_path):
    raws(tmp_path, 2)
    rasters.write(tmp_path / "raw/deep/er/t00.tif", rasters.smooth((100, 100)))
    (tmp_path / "raw/notes.txt").write_text("hello")
    (tmp_path / "raw/t00.tfw").write_text("1\n0\n0\n-1\n0\n0\n")
    result = swath("cog", "--out-dir", "raw/cogs", "raw", cwd=tmp_path)
    assert sorted(cogs(tmp_path / "raw/cogs")) == ["deep/er/t00.tif", "t00.tif", "t01.tif"], result
    again = swath("cog", "--json", "--out-dir", "raw/cogs", "raw", cwd=tmp_path)
    assert len(statuses(again)) == 2 and set(statuses(again).values()) == {"unchanged"}


def test_a_sidecar_goes_with_its_raster(swath, tmp_path):
    raws(tmp_path, 1)
    with rasterio.open(tmp_path / "raw/t00.tif") as dataset, rasterio.Env(TIFF_USE_OVR=True):
        assert dataset.count == 1
    for name in ("t00.tif.aux.xml", "t00.tfw"):
        (tmp_path / "raw" / name).write_text("<PAMDataset/>" if name.endswith("xml") else "1\n0\n0\n-1\n0\n0\n")
    swath("cog", "--out-dir", "out", *sorted((tmp_path / "raw").iterdir()), cwd=tmp_path)
    assert sorted(cogs(tmp_path / "out")) == ["t00.tif"]


def test_several_paths_without_a_folder_are_usage(swath, tmp_path):
    for paths in (["a.tif"], ["a.tif", "b.tif", "c.tif"]):
        assert "--out-dir" in swath("cog", *paths, cwd=tmp_path, rc=2).err


def test_a_folder_as_output_names_the_flag(swath, tmp_path):
    raws(tmp_path, 1)
    (tmp_path / "out").mkdir()
    assert "--out-dir" in swath("cog", "raw/t00.tif", "out", cwd=tmp_path, rc=2).err


def test_the_budget_changes_no_byte_and_says_what_is_needed(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", np.tile(rasters.smooth((500, 500)), (8, 8)), compress="lzw")
    swath("cog", "in.tif", "free.tif", cwd=tmp_path)
    refused = swath("cog", "--memory", "2MiB", "in.tif", "no.tif", cwd=tmp_path, rc=2)
    assert "needs" in refused.err and "--memory" in refused.err and not (tmp_path / "no.tif").exists()
    needed = refused.err.split("--memory ")[1].split(",")[0]
    bound = measured("cog", "--memory", needed, "in.tif", "bound.tif", cwd=tmp_path)
    assert (tmp_path / "bound.tif").read_bytes() == (tmp_path / "free.tif").read_bytes()
    assert bound.peak_mib < int(needed.removesuffix("MiB")) + 40, bound.peak_mib


def start(*args, cwd):
    return subprocess.Popen([BINARY, *map(str, args)], cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def all_whole(folder, right):
    """Every file under a final name has the very bytes that a run in peace gives it."""
    if folder.exists():
        for name, sha256 in cogs(folder).items():
            if not name.rsplit("/", 1)[-1].startswith("."):
                assert right[name] == sha256, f"{name} is not whole"


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_many_files_stopped_at_random_moments_are_never_half_written_and_resume(swath, tmp_path, sign):
    print(f"seed {SEED}")
    chance = random.Random(SEED + sign)
    files = raws(tmp_path, 8, side=700, compress="lzw")
    started = time.monotonic()
    swath("cog", "--out-dir", "right", *files, cwd=tmp_path)
    full = time.monotonic() - started
    right = cogs(tmp_path / "right")
    for n in range(60 if sign == signal.SIGKILL else 15):
        if cogs(tmp_path / "out") == right if (tmp_path / "out").exists() else False:
            shutil.rmtree(tmp_path / "out")
        process = start("cog", "--out-dir", "out", *files, cwd=tmp_path)
        time.sleep(chance.uniform(0, 1) * full)
        process.send_signal(sign)
        _, said = process.communicate(timeout=10)
        all_whole(tmp_path / "out", right)
        if sign == signal.SIGINT and process.returncode != 0:
            assert process.returncode in (130, -signal.SIGINT), said
            assert leftovers(tmp_path) == [], f"round {n}: {said}"
            if process.returncode == 130:
                assert b"swath cog --out-dir out" in said, said
    swath("cog", "--out-dir", "out", *files, cwd=tmp_path)
    assert cogs(tmp_path / "out") == right
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_one_file_killed_at_random_moments_is_whole_or_not_there(swath, tmp_path, sign):
    print(f"seed {SEED}")
    chance = random.Random(SEED - sign)
    rasters.write(tmp_path / "in.tif", rasters.smooth((1500, 1500)), compress="lzw")
    started = time.monotonic()
    swath("cog", "in.tif", "right.tif", cwd=tmp_path)
    full = time.monotonic() - started
    right = (tmp_path / "right.tif").read_bytes()
    (tmp_path / "out").mkdir()
    for n in range(40 if sign == signal.SIGKILL else 10):
        process = start("cog", "--overwrite", "in.tif", "out/out.tif", cwd=tmp_path)
        time.sleep(chance.uniform(0, 1.1) * full)
        process.send_signal(sign)
        _, said = process.communicate(timeout=10)
        names = sorted(p.name for p in (tmp_path / "out").iterdir())
        if "out.tif" in names:
            assert (tmp_path / "out/out.tif").read_bytes() == right, f"round {n}"
            (tmp_path / "out/out.tif").unlink()
        if sign == signal.SIGINT:
            assert leftovers(tmp_path) == [], said
        assert len(leftovers(tmp_path)) <= 1, "each run sweeps what the one before it left"
    swath("cog", "--overwrite", "in.tif", "out/out.tif", cwd=tmp_path)
    assert (tmp_path / "out/out.tif").read_bytes() == right and leftovers(tmp_path) == []


def test_a_full_disk_ends_with_7_and_the_next_run_goes_on(swath, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    files = raws(tmp_path, 8, side=1000)
    swath("cog", "--out-dir", "right", *files, cwd=tmp_path)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("not run: a small file system cannot be mounted here")
    try:
        full = swath("cog", "--out-dir", disk / "out", *files, cwd=tmp_path, rc=7)
        assert "space" in full.err and "hint" in full.err, full.err
        all_whole(disk / "out", cogs(tmp_path / "right"))
        assert leftovers(disk) == []
        subprocess.run(["mount", "-o", "remount,size=60m", disk], check=True)
        swath("cog", "--out-dir", disk / "out", *files, cwd=tmp_path)
        assert cogs(disk / "out") == cogs(tmp_path / "right")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_runs_into_one_folder_do_not_meet(swath, tmp_path):
    files = raws(tmp_path, 12, side=1200, compress="lzw")
    first = start("cog", "--out-dir", "out", *files, cwd=tmp_path)
    while not (tmp_path / "out/.swath/cog.jsonl").exists():
        time.sleep(0.002)
        assert first.poll() is None
    second = swath("cog", "--out-dir", "out", *files, cwd=tmp_path, rc={0, 5})
    first.communicate(timeout=60)
    assert first.returncode == 0
    if second.rc == 5:
        assert "another" in second.err
    assert len(cogs(tmp_path / "out")) == 12
