"""`publish`: assets first and root last, resumable, and the second run writes nothing."""
import random
import re
import time
from urllib.parse import unquote

import numpy as np
import pytest

from support import rasters
from support.catalog import open_catalog
from support.files import rewritten, stamps, tree
from support.run import SECRETS, start


def content(folder):
    """What a build and its publication must share."""
    return {k: v for k, v in tree(folder).items() if k.endswith((".tif", ".parquet"))}


def test_a_folder_receives_the_whole_build(built, published):
    assert content(published) == content(built / "build")
    assert len(open_catalog(published).items) == 19
    assert (published / "swath.manifest.json").is_file()


def test_a_second_run_writes_nothing(swath, built, published):
    before = stamps(published)
    result = swath("publish", published, cwd=built)
    assert rewritten(before, stamps(published)) == []
    assert stamps(published) == before, result


def tile(folder, number, seed):
    rasters.write(folder / f"raw/map_t{number:03}.tif", rasters.noise((900, 900), seed=seed), origin=(500_000 + 27_000 * number, 5_000_000), nodata=0)


def small(swath, folder, count=4):
    for n in range(count):
        tile(folder, n, seed=n)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder)
    return folder


def test_a_change_is_published_alone_and_under_a_new_name(swath, tmp_path):
    small(swath, tmp_path)
    swath("publish", "out", cwd=tmp_path)
    before = stamps(tmp_path / "out")
    tile(tmp_path, 1, seed=50)
    swath("build", cwd=tmp_path)
    swath("publish", "out", cwd=tmp_path)
    after = stamps(tmp_path / "out")
    new = [p for p in rewritten(before, after) if p.endswith(".tif")]
    assert len(new) == 1 and "t001" in new[0]
    assert new[0] not in before, "bytes changed under a name that readers hold"
    item = next(i for i in open_catalog(tmp_path / "out").items if "t001" in i.body["id"])
    (key,) = item.body["assets"]
    assert np.array_equal(rasters.read(item.asset(key)), rasters.read(tmp_path / "raw/map_t001.tif"))
    swath("check", "out", cwd=tmp_path)


def test_prune_removes_what_nothing_refers_to(swath, tmp_path):
    small(swath, tmp_path)
    swath("publish", "out", cwd=tmp_path)
    tile(tmp_path, 1, seed=50)
    swath("build", cwd=tmp_path)
    swath("publish", "out", cwd=tmp_path)
    assert len(list((tmp_path / "out").rglob("*.tif"))) == 5
    swath("publish", "out", "--prune", cwd=tmp_path)
    assert len(list((tmp_path / "out").rglob("*.tif"))) == 4
    swath("check", "out", cwd=tmp_path)


def test_a_dry_run_writes_nothing(swath, built, tmp_path):
    result = swath("publish", tmp_path / "out", "--dry-run", cwd=built)
    assert not (tmp_path / "out").exists() or tree(tmp_path / "out") == {}
    assert "B4" in result.text or "228" in result.text, result


def test_foreign_bytes_are_not_overwritten(swath, built, tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "collection.json").write_text('{"mine": true}')
    swath("publish", target, "--overwrite", "false", cwd=built, rc=5)
    assert (target / "collection.json").read_text() == '{"mine": true}'


def test_a_published_tree_holds_no_secret(published):
    for path in published.rglob("*.json"):
        text = path.read_text()
        assert "sig=" not in text and not any(s in text for s in SECRETS)


def kill_while(argv, cwd, env, after):
    running = start(*argv, cwd=cwd, env=env)
    time.sleep(after)
    running.process.kill()
    running.end(60)


def test_a_kill_shows_no_reader_half_an_item_and_the_rerun_ends_it(swath, tmp_path):
    small(swath, tmp_path, 8)
    started = time.monotonic()
    swath("publish", "whole", cwd=tmp_path)
    full = time.monotonic() - started
    random.seed(3)
    for _ in range(6):
        kill_while(["publish", "out"], tmp_path, None, random.uniform(0.1, 0.9) * full)
        if (tmp_path / "out/collection.json").is_file():
            for item in open_catalog(tmp_path / "out").items:
                for key in item.body["assets"]:
                    assert item.asset(key).stat().st_size == item.body["assets"][key]["file:size"]
    swath("publish", "out", cwd=tmp_path)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@pytest.fixture(scope="module")
def container(azurite, built, swath):
    """The Landsat build in a container that did not exist before."""
    url = f"{azurite.url}/landsat/maps"
    sas = azurite.account_sas()
    result = swath("publish", url, cwd=built, env={"AZURE_STORAGE_SAS_TOKEN": sas}, timeout=300)
    assert azurite.client.get_container_client("landsat").exists(), result
    return url, sas


def test_the_container_is_created_and_holds_the_build(azurite, container, built, tmp_path):
    azurite.download("landsat", tmp_path)
    assert content(tmp_path / "maps") == content(built / "build")
    assert len(open_catalog(tmp_path / "maps").items) == 19


def test_every_raw_band_is_found_again_in_what_was_published(azurite, container, scenes, tmp_path):
    from test_build import test_every_raw_band_is_found_again_bit_for_bit as every_band

    azurite.download("landsat", tmp_path)
    every_band(scenes, open_catalog(tmp_path / "maps"))


def test_kinds_of_file_have_their_content_type(azurite, container):
    for name, blob in azurite.blobs("landsat").items():
        kind = blob.content_settings.content_type
        if name.endswith(".tif"):
            assert kind == "image/tiff; application=geotiff; profile=cloud-optimized"
        elif name.endswith("collection.json") or name.endswith("manifest.json"):
            assert kind == "application/json"
        elif name.endswith(".json"):
            assert kind == "application/geo+json"


def test_uploads_carry_their_md5(azurite, container):
    for name, blob in azurite.blobs("landsat").items():
        assert blob.content_settings.content_md5, name


def test_the_second_upload_sends_nothing(swath, azurite, container, built):
    url, sas = container
    before = {name: blob.etag for name, blob in azurite.blobs("landsat").items()}
    changes = azurite.changes()
    swath("publish", url, cwd=built, env={"AZURE_STORAGE_SAS_TOKEN": sas})
    assert {name: blob.etag for name, blob in azurite.blobs("landsat").items()} == before
    assert azurite.changes() - changes == 0, "requests that write"


def test_root_comes_after_items_and_items_after_assets(azurite, container):
    blobs = azurite.blobs("landsat")
    def written(choose):
        return [b.creation_time for n, b in blobs.items() if choose(n)]

    assets = written(lambda n: n.endswith(".tif"))
    items = written(lambda n: n.endswith(".json") and n.count("/") == 3)
    root = blobs["maps/collection.json"].creation_time
    assert max(assets) <= min(items) and max(items) <= root
    assert blobs["maps/swath.manifest.json"].last_modified >= root


def test_a_key_works_as_well_as_a_signature(swath, azurite, tmp_path):
    small(swath, tmp_path, 2)
    env = {"AZURE_STORAGE_SAS_TOKEN": None, "AZURE_STORAGE_KEY": azurite.key, "AZURE_STORAGE_ACCOUNT": "swathtest"}
    swath("publish", f"{azurite.url}/bykey/x", cwd=tmp_path, env=env)
    assert len([n for n in azurite.blobs("bykey") if n.endswith(".tif")]) == 2


def test_a_kill_in_the_middle_of_an_upload_is_mended_by_the_next_run(swath, azurite, tmp_path):
    small(swath, tmp_path, 8)
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()}
    started = time.monotonic()
    swath("publish", f"{azurite.url}/killed/whole", cwd=tmp_path, env=env)
    full = time.monotonic() - started
    for part in (0.3, 0.5, 0.8):
        kill_while(["publish", f"{azurite.url}/killed/out"], tmp_path, env, part * full)
    swath("publish", f"{azurite.url}/killed/out", cwd=tmp_path, env=env)
    azurite.download("killed", tmp_path / "got")
    assert content(tmp_path / "got/out") == content(tmp_path / "got/whole")
    swath("check", tmp_path / "got/out")


def test_a_url_with_its_token_is_split_at_once(swath, azurite, tmp_path):
    small(swath, tmp_path, 1)
    sas = azurite.account_sas()
    swath("publish", f"{azurite.url}/split/x?{sas}", cwd=tmp_path, env={"AZURE_STORAGE_SAS_TOKEN": None})
    azurite.download("split", tmp_path / "got")
    for path in (tmp_path / "got").rglob("*.json"):
        assert "sig=" not in path.read_text()


def puts(azurite, container, since):
    """Names that were written, in order, since a line of the emulator's log."""
    time.sleep(0.3)
    written = [re.search(rf'"PUT /swathtest/{container}/([^ ?]+)[^"]*" 20', line) for line in azurite.log[since:]]
    return [unquote(found[1]) for found in written if found]


def listed(result):
    """The names that a dry run lists, in order."""
    return [line.split(None, 3)[3] for line in result.out.splitlines() if line.split(None, 1)[0] in ("create", "replace", "merge")]


def test_a_saved_plan_is_executed_exactly_as_it_was_listed(swath, azurite, tmp_path):
    small(swath, tmp_path, 3)
    env, url = {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()}, f"{azurite.url}/saved/x"
    swath("publish", url, cwd=tmp_path, env=env)
    tile(tmp_path, 1, seed=50)
    tile(tmp_path, 7, seed=7)
    swath("build", cwd=tmp_path)
    dry = swath("publish", url, "--out", "p.json", cwd=tmp_path, env=env)
    assert "swath publish --saved p.json" in dry.err and not any(s in (tmp_path / "p.json").read_text() for s in SECRETS)
    assert listed(dry) == listed(swath("publish", url, "--dry-run", cwd=tmp_path, env=env))
    line = len(azurite.log)
    swath("publish", "--saved", tmp_path / "p.json", cwd="/", env=env)
    sent = puts(azurite, "saved", line)
    assert sorted(sent) == sorted([f"x/{name}" for name in listed(dry)] + ["x/swath.manifest.json"])
    assert sent[-1] == "x/swath.manifest.json"
    swath("publish", url, "--out", "p.json", cwd=tmp_path, env=env, rc=5)


def test_a_saved_plan_is_refused_once_the_world_has_moved(swath, tmp_path):
    small(swath, tmp_path, 2)
    swath("publish", "out", cwd=tmp_path)
    tile(tmp_path, 5, seed=5)
    swath("build", cwd=tmp_path)

    def refused(name, says):
        before = stamps(tmp_path / "out")
        result = swath("publish", "--saved", f"{name}.json", cwd=tmp_path, rc=5)
        assert says in result.err and "nothing was sent" in result.err, result
        assert stamps(tmp_path / "out") == before

    for name in "abcd":
        swath("publish", "out", "--out", f"{name}.json", cwd=tmp_path)
    asset = next((tmp_path / "out").rglob("*t001*/*.tif"))
    aside = asset.read_bytes()
    asset.unlink()
    refused("a", "is not there any more")
    asset.write_bytes(aside)
    refused("a", "was written anew")
    swath("publish", "out", cwd=tmp_path)
    refused("b", "generation 1 was there, now generation 2")
    swath("publish", "out", "--out", "e.json", cwd=tmp_path)
    tile(tmp_path, 6, seed=6)
    swath("build", cwd=tmp_path)
    refused("e", "new in the build")
    result = swath("publish", "e.json", cwd=tmp_path, rc=2)
    assert "swath publish --saved e.json" in result.err, "a plan is no target"
    swath("publish", "--saved", "swath.toml", cwd=tmp_path, rc=3)


def test_a_saved_plan_that_was_cut_off_goes_on(swath, tmp_path):
    small(swath, tmp_path, 6)
    swath("publish", "whole", cwd=tmp_path)
    swath("publish", "out", "--out", "p.json", cwd=tmp_path)
    for after in (0.02, 0.05, 0.1):
        kill_while(["publish", "--saved", "p.json"], tmp_path, None, after)
    if not (tmp_path / "out/swath.manifest.json").is_file():
        swath("publish", "--saved", "p.json", cwd=tmp_path)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_bytes_that_change_under_a_name_are_announced(swath, tmp_path):
    small(swath, tmp_path, 1)
    swath("publish", "out", cwd=tmp_path)
    asset = next((tmp_path / "out").rglob("*.tif"))
    asset.write_bytes(b"other" + asset.read_bytes()[5:])
    swath("publish", "out", cwd=tmp_path, rc=5)
    result = swath("publish", "out", "--overwrite", "true", cwd=tmp_path)
    assert "change under their name" in result.err and asset.name in result.err, result
    swath("check", "out", cwd=tmp_path)
