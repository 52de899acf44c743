"""`plan` says what would be done, what is missing and what is odd, and writes nothing."""
from support import rasters
from support.files import stamps


def map_with_a_hole(folder):
    for place, tile in enumerate(("r0c0", "r0c1", "r1c0", "r1c1")):
        for band in ("b1", "b2"):
            for date in ("20200101", "20200201"):
                if (tile, band, date) != ("r1c0", "b2", "20200201"):
                    rasters.write(folder / f"raw/map_{band}_{date}_{tile}.tif", rasters.noise((40, 40)), nodata=0, origin=(500_000 + 1200 * place, 5_000_000))


def test_a_hole_in_the_lattice_is_named(swath, tmp_path):
    map_with_a_hole(tmp_path)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    text = swath("plan", cwd=tmp_path).text
    line = next((line for line in text.splitlines() if "r1c0" in line and "b2" in line), None)
    assert line and ("20200201" in line or "2020-02-01" in line), text


def test_it_writes_nothing(swath, tmp_path):
    map_with_a_hole(tmp_path)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    before = stamps(tmp_path)
    swath("plan", cwd=tmp_path)
    swath("plan", "--json", cwd=tmp_path)
    assert stamps(tmp_path) == before


def odd(swath, tmp_path, **options):
    for place, tile in enumerate(("t1", "t2", "t3", "t4", "t5")):
        rasters.write(tmp_path / f"raw/map_{tile}.tif", rasters.noise((40, 40)), nodata=0, origin=(500_000 + 1200 * place, 5_000_000))
    array = options.pop("array", rasters.noise((40, 40)))
    rasters.write(tmp_path / "raw/map_t6.tif", array, **({"nodata": 0, "origin": (506_000, 5_000_000)} | options))
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    return swath("plan", cwd=tmp_path).text


def names(text, *words):
    """Whether some line, or the one below it, names the file together with one of the words."""
    lines = text.splitlines()
    return any("map_t6" in line and any(w.lower() in (line + " ".join(lines[n + 1 : n + 2])).lower() for w in words) for n, line in enumerate(lines))


def test_another_crs_is_named(swath, tmp_path):
    text = odd(swath, tmp_path, crs="EPSG:32634")
    assert names(text, "32634", "crs"), text


def test_another_type_is_named(swath, tmp_path):
    text = odd(swath, tmp_path, array=rasters.noise((40, 40), "float32"))
    assert names(text, "float32"), text


def test_another_nodata_is_named(swath, tmp_path):
    text = odd(swath, tmp_path, nodata=255)
    assert names(text, "nodata"), text


def test_another_resolution_is_named(swath, tmp_path):
    text = odd(swath, tmp_path, step=60)
    assert names(text, "60", "grid", "resolution"), text


def test_siblings_are_not_odd(swath, tmp_path):
    text = odd(swath, tmp_path)
    assert not names(text, "nodata", "crs", "float32", "grid"), text


def test_what_is_ignored_is_said_with_the_reason(swath, tmp_path):
    rasters.write(tmp_path / "raw/map_a.tif", rasters.noise((40, 40)))
    rasters.write(tmp_path / "raw/map_b.tif", rasters.noise((40, 40)))
    (tmp_path / "raw/readme.txt").write_text("no raster")
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    text = swath("plan", cwd=tmp_path).text
    assert "readme.txt" in text, text


def test_json_names_every_item_and_ends_with_a_summary(swath, built):
    events = swath("plan", "--json", cwd=built).events()
    assert events[0]["type"] == "version" and events[0]["schema"] == 1
    assert events[-1]["type"] == "summary" and events[-1]["exit"] == 0
    assert "014032" in str(events)


def test_exit_code_tells_whether_there_is_something_to_do(swath, tmp_path):
    rasters.write(tmp_path / "raw/map_a.tif", rasters.noise((40, 40)))
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    swath("plan", "--exit-code", cwd=tmp_path, rc=10)
    swath("build", cwd=tmp_path)
    swath("publish", cwd=tmp_path)
    swath("plan", "--exit-code", cwd=tmp_path, rc=0)


def aimed(swath, folder, to):
    for name in "ab":
        rasters.write(folder / f"raw/map_{name}.tif", rasters.noise((40, 40)))
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    plan = folder / "swath.toml"
    lines = [line for line in plan.read_text().splitlines() if not line.startswith(("to =", "# to"))]
    plan.write_text("\n".join(lines).replace("[publish]", f'[publish]\nto = "{to}"'))


def uploads(swath, folder, *args, **kwargs):
    events = swath("plan", "--json", *args, cwd=folder, **kwargs).events()
    return next(e for e in events if e["type"] == "uploads"), [e for e in events if e["type"] == "upload"]


def test_uploads_due_are_what_publish_then_sends(swath, azurite, tmp_path):
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()}
    aimed(swath, tmp_path, f"{azurite.url}/planned/maps")
    assert uploads(swath, tmp_path, env=env)[0]["seen"] is False, "nothing is built yet"
    swath("build", cwd=tmp_path)
    told, files = uploads(swath, tmp_path, "--exit-code", env=env, rc=10)
    assert told["files"] == len(files) > 4 and {f["why"] for f in files} == {"new"}
    assert told["bytes"] == sum(f["size"] for f in files)
    text = swath("plan", cwd=tmp_path, env=env)
    assert "2 assets" in text.out and "new" in text.out and "swath publish" in text.err, text
    changes = azurite.changes()
    swath("plan", cwd=tmp_path, env=env)
    assert azurite.changes() == changes, "plan wrote something"
    swath("publish", cwd=tmp_path, env=env)
    assert {b.removeprefix("maps/") for b in azurite.blobs("planned")} == {f["path"] for f in files} | {"swath.manifest.json"}
    told, files = uploads(swath, tmp_path, "--exit-code", env=env, rc=0)
    assert told["files"] == 0 and files == []


def test_what_changed_is_told_apart_from_what_is_new(swath, tmp_path):
    aimed(swath, tmp_path, "out")
    swath("build", cwd=tmp_path)
    swath("publish", cwd=tmp_path)
    rasters.write(tmp_path / "raw/map_a.tif", rasters.noise((40, 40), seed=9))
    swath("build", cwd=tmp_path)
    told, files = uploads(swath, tmp_path)
    assert {(f["kind"], f["why"]) for f in files} >= {("asset", "new"), ("item", "changed")}
    assert told["retired"] == 1 and "--prune" in swath("plan", cwd=tmp_path).out


def test_what_cannot_be_looked_at_is_said_and_stops_nothing(swath, azurite, tmp_path):
    aimed(swath, tmp_path, f"{azurite.url}/unseen/maps")
    swath("build", cwd=tmp_path)
    for args, env in [
        (["--offline"], {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()}),
        ([], {"AZURE_STORAGE_SAS_TOKEN": None}),
        ([], {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas(hours=-1)}),
    ]:
        result = swath("plan", "--exit-code", *args, cwd=tmp_path, env=env, rc=0)
        assert "uploads not looked at" in result.out, result


def test_without_a_target_nothing_is_said_of_uploads(swath, tmp_path):
    rasters.write(tmp_path / "raw/map_a.tif", rasters.noise((40, 40)))
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    assert "uploads" not in swath("plan", cwd=tmp_path).text
