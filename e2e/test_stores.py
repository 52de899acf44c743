"""Stores: what was cut off goes on, and a bucket of S3 is as good a place as a folder or a container."""
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import numpy as np
import pytest

from support import rasters
from support.counting import Counter
from support.files import tree
from support.run import BINARY, environment

#: How much the interrupted upload has to send; 1024 in the long run of a release.
MEBIBYTES = int(os.environ.get("SWATH_UPLOAD_MIB", "96"))
FILES = 4
#: What may be under way of one file when a run is killed, with three others beside it: one block.
BLOCK = 2 << 20


def plain(folder, mebibytes, files=FILES):
    """A build as small as can be: a root, and assets that no codec makes smaller."""
    build = folder / "build"
    build.mkdir(parents=True)
    (build / "collection.json").write_text('{"type": "Catalog", "stac_version": "1.1.0", "id": "big", "description": "x", "links": []}')
    rng = random.Random(5)
    for number in range(files):
        # By pieces: `randbytes` counts its bits in 32 of them.
        with open(build / f"b{number}.tif", "wb") as file:
            for _ in range(mebibytes // files):
                file.write(rng.randbytes(1 << 20))
    return build


def key(azurite):
    return {"AZURE_STORAGE_SAS_TOKEN": None, "AZURE_STORAGE_KEY": azurite.key, "AZURE_STORAGE_ACCOUNT": "swathtest"}


def test_a_kill_at_half_costs_no_more_than_a_block_of_each_file(swath, azurite, tmp_path):
    build = plain(tmp_path, MEBIBYTES)
    size = MEBIBYTES << 20
    proxy = Counter(int(azurite.url.split(":")[2].split("/")[0]))
    place = f"{proxy.url}/swathtest/half"
    process = subprocess.Popen([BINARY, "publish", place, "--build", build], env=environment(key(azurite)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while proxy.sent < size // 2 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = proxy.sent
    assert first < size, "it was not killed in time"
    assert "swath.manifest.json" not in azurite.blobs("half")
    swath("publish", place, "--build", build, env=key(azurite), cwd=tmp_path)
    again = proxy.sent - size
    assert again <= FILES * BLOCK + (1 << 20), f"{first} bytes went before the kill, and {again} of {size} were sent twice"
    azurite.download("half", tmp_path / "there")
    assert {name: data for name, data in tree(tmp_path / "there").items() if name.endswith(".tif")} == {
        name: data for name, data in tree(build).items() if name.endswith(".tif")
    }
    proxy.close()


def test_a_file_that_is_changed_while_it_is_published_is_never_a_mixture(swath, azurite, tmp_path):
    build = plain(tmp_path, 64, files=1)
    before = (build / "b0.tif").read_bytes()
    proxy = Counter(int(azurite.url.split(":")[2].split("/")[0]))
    arguments = [BINARY, "publish", f"{proxy.url}/swathtest/moving", "--build", build]
    process = subprocess.Popen(arguments, env=environment(key(azurite)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while proxy.sent < 16 << 20 and process.poll() is None:
        time.sleep(0.002)
    with (build / "b0.tif").open("r+b") as file:
        file.write(b"another")
        file.seek(63 << 20)
        file.write(b"another")
    _, err = process.communicate(timeout=120)
    after = (build / "b0.tif").read_bytes()
    assert "changed" in err and before != after, err
    # It was planned again, or it was refused; what is there is one of the two files, whole.
    if "b0.tif" in azurite.blobs("moving"):
        assert azurite.client.get_blob_client("moving", "b0.tif").download_blob().readall() == after
    swath("publish", f"{proxy.url}/swathtest/moving", "--build", build, env=key(azurite), cwd=tmp_path)
    assert azurite.client.get_blob_client("moving", "b0.tif").download_blob().readall() == after
    proxy.close()


def test_memory_does_not_grow_with_the_files(azurite, tmp_path):
    build = plain(tmp_path, 256, files=8)
    command = ["/usr/bin/env", "python3", "-c", "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"]
    done = subprocess.run([*command, BINARY, "publish", f"{azurite.url}/memory", "--build", build], env=environment(key(azurite)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 256 << 10, done.stdout


@pytest.fixture(scope="module")
def bucket(moto, built, swath):
    place = moto.bucket("maps") + "/v1 of/tiles"
    swath("publish", place, cwd=built, env=moto.environment)
    return place


def test_a_bucket_holds_the_build(moto, bucket, built):
    assert {name.removeprefix("v1 of/tiles/") for name in moto.objects("maps")} - {"swath.manifest.json"} == {
        name for name in tree(built / "build") if not pathlib.PurePath(name).name.startswith(".")
    }
    for name in tree(built / "build"):
        if name.endswith((".tif", ".parquet")):
            assert moto.read("maps", f"v1 of/tiles/{name}")["Body"].read() == (built / "build" / name).read_bytes(), name
    tif = next(name for name in moto.objects("maps") if name.endswith(".tif"))
    there = moto.read("maps", tif)
    assert there["ContentType"] == "image/tiff; application=geotiff; profile=cloud-optimized" and "immutable" in there["CacheControl"]


def test_a_bucket_is_searched_and_stacked_like_a_folder(swath, moto, bucket, built, tmp_path):
    swath("publish", "folder", "--build", built / "build", cwd=tmp_path)
    found = {}
    for place, name in [(bucket, "bucket"), ("folder", "folder")]:
        summer = ["--datetime", "2018-06-01/2018-08-31"]
        swath("search", place, *summer, "-o", f"found-{name}.json", cwd=tmp_path, env=moto.environment)
        found[name] = sorted(item["id"] for item in json.loads((tmp_path / f"found-{name}.json").read_text())["features"])
        swath("stack", place, "--assets", "B5", *summer, "--reduce", "median", "-o", f"{name}.tif", cwd=tmp_path, env=moto.environment)
    assert found["bucket"] == found["folder"] != []
    assert np.array_equal(rasters.read(tmp_path / "bucket.tif"), rasters.read(tmp_path / "folder.tif"), equal_nan=True)


def test_a_bucket_is_checked_against_its_manifest(swath, moto, built):
    place = moto.bucket("checked")
    swath("publish", place, cwd=built, env=moto.environment)
    whole = swath("check", place, env=moto.environment)
    gone = next(name for name in moto.objects("checked") if name.endswith(".tif"))
    moto.client.delete_object(Bucket="checked", Key=gone)
    other = next(name for name in moto.objects("checked") if name.endswith(".tif"))
    moto.client.put_object(Bucket="checked", Key=other, Body=b"x" * moto.read("checked", other)["ContentLength"])
    broken = swath("check", place, env=moto.environment, rc=3)
    assert "LIVE" not in whole.text.replace("LIVE-CORS", ""), whole
    assert gone in broken.text and "LIVE-MISSING" in broken.text and other in broken.text and "LIVE-CHECKSUM" in broken.text, broken


def test_the_second_upload_to_a_bucket_sends_nothing(swath, moto, bucket, built):
    before = moto.changes()
    result = swath("publish", bucket, cwd=built, env=moto.environment)
    assert "nothing to upload" in result.err and moto.changes() == before, result


def test_other_bytes_in_a_bucket_are_not_overwritten(swath, moto, built):
    place = moto.bucket("taken")
    name = next(name for name in tree(built / "build") if name.endswith(".tif"))
    moto.client.put_object(Bucket="taken", Key=name, Body=b"somebody else's")
    result = swath("publish", place, cwd=built, env=moto.environment, rc=5)
    assert name in result.err
    assert moto.read("taken", name)["Body"].read() == b"somebody else's"


def test_what_a_bucket_lacks_is_said_with_the_command_that_helps(swath, moto, built):
    moto.bucket("private")
    absent = swath("publish", "s3://not-there", cwd=built, env=moto.environment, rc={1, 2, 4})
    assert "the bucket does not exist" in absent.err and "aws s3 mb s3://not-there" in absent.err, absent
    nobody = {"AWS_ENDPOINT_URL": moto.url}
    result = swath("publish", "s3://private", cwd=built, env=nobody, rc=4)
    assert "AWS_ACCESS_KEY_ID" in result.err, result
    profile = swath("publish", "s3://private", cwd=built, env=nobody | {"AWS_PROFILE": "work"}, rc=4)
    assert "AWS_PROFILE is not read" in profile.err, profile


def test_what_google_was_never_asked_is_refused_without_credentials(swath, built):
    result = swath("publish", "gs://bucket/maps", cwd=built, rc=4)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in result.err, result
