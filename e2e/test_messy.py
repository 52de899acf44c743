"""Folders as people have them: dates in any spelling, names in any script, links, archives, plans that do not fit their files."""
import datetime
import json
import tomllib

import pytest
import pystac
import rasterio

from support import rasters

DAYS = [datetime.date(2021, 3, 25), datetime.date(2021, 4, 14), datetime.date(2021, 12, 31)]
GERMAN = ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]


def put(path, place=0, dtype="uint16", **options):
    rasters.write(path, rasters.noise((16, 16), dtype=dtype), origin=(500_000 + 480 * place, 5_000_000), **options)


def plan(folder):
    return tomllib.loads((folder / "swath.toml").read_text())


SPELLINGS = {
    "%d-%m-%Y": "ndvi_{d:%d-%m-%Y}_t{p}.tif",
    "%d.%m.%Y": "ndvi {d:%d.%m.%Y} t{p}.tif",
    "%d_%m_%Y": "ndvi_{d:%d_%m_%Y}_t{p}.tif",
    "no leading zeros": "ndvi_{d.day}_{d.month}_{d.year}_t{p}.tif",
    "month first": "ndvi_{d:%m-%d-%Y}_t{p}.tif",
    "%d%b%Y": "ndvi_{d:%d%b%Y}_t{p}.tif",
    "upper case": "ndvi_{upper}_t{p}.tif",
    "German": "ndvi_{d:%d}{german}{d:%Y}_t{p}.tif",
    "in words": "ndvi {d:%d} {d:%B} {d:%Y} t{p}.tif",
    "%Y%b%d": "ndvi_{d:%Y%b%d}_t{p}.tif",
    "short year": "ndvi_{d:%y%m%d}_t{p}.tif",
    "within a word": "ndvi{d:%Y%m%d}t{p}.tif",
    "time with dashes": "ndvi_{d:%Y-%m-%d}T10-30-00_t{p}.tif",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_day_is_known_in_any_spelling(swath, tmp_path, spelling):
    for day in DAYS:
        for place in (0, 1):
            words = {"upper": day.strftime("%d%b%Y").upper(), "german": GERMAN[day.month - 1]}
            put(tmp_path / "raw" / SPELLINGS[spelling].format(d=day, p=place, **words), place)
    swath("init", "raw", cwd=tmp_path)
    found = [json.loads(line) for line in swath("plan", "--offline", "--json", cwd=tmp_path).out.splitlines()]
    items = [event["item"] for event in found if event["type"] == "item"]
    assert {(i["datetime"][:10], i["tile"]) for i in items} == {(str(d), f"t{p}") for d in DAYS for p in (0, 1)}
    assert {a["variable"] for i in items for a in i["assets"]} == {"ndvi"}


@pytest.mark.parametrize("name", ["{d:%B%Y}", "{d:%b_%Y}", "{d:%Y_%b}", "{d:%m-%Y}"])
def test_a_month_by_its_name_is_a_month(swath, tmp_path, name):
    for day in DAYS:
        put(tmp_path / "raw" / f"ndvi_{name.format(d=day)}.tif")
    swath("init", "raw", cwd=tmp_path)
    found = [json.loads(line) for line in swath("plan", "--offline", "--json", cwd=tmp_path).out.splitlines()]
    spans = {tuple(moment[:10] for moment in event["item"]["span"]) for event in found if event["type"] == "item"}
    assert spans == {("2021-03-01", "2021-03-31"), ("2021-04-01", "2021-04-30"), ("2021-12-01", "2021-12-31")}


SPANS = {
    "{y}-W{w:02}": ("2021-03-22", "2021-03-28"),
    "{y}W{w:02}": ("2021-03-22", "2021-03-28"),
    "{y}_KW{w:02}": ("2021-03-22", "2021-03-28"),
    "{y}_Q{q}": ("2021-04-01", "2021-06-30"),
    "{y}Q{q}": ("2021-04-01", "2021-06-30"),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_week_and_a_quarter_are_items_that_last_as_long(swath, tmp_path, name):
    for step in (0, 1):
        put(tmp_path / "raw" / f"lst_{name.format(y=2021, w=12 + step, q=2 + step)}.tif")
    swath("init", "raw", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    items = sorted((json.loads(p.read_text())["properties"] for p in tmp_path.glob("build/**/lst*_2021*.json")), key=lambda p: p["start_datetime"])
    assert len(items) == 2 and (items[0]["start_datetime"][:10], items[0]["end_datetime"][:10]) == SPANS[name], items


def test_places_of_several_words_stand_beside_those_of_one(swath, tmp_path):
    places = ["Zürich", "São Paulo", "Bern", "New York City"]
    for index, place in enumerate(places):
        for year in (2019, 2020):
            put(tmp_path / "raw" / f"Höhe {place} {year}.tif", 4 * index)
    assert "warning" not in swath("init", "raw", cwd=tmp_path).text
    found = [json.loads(line) for line in swath("plan", "--offline", "--json", cwd=tmp_path).out.splitlines()]
    items = [event["item"] for event in found if event["type"] == "item"]
    assert {(i["tile"], i["datetime"][:4]) for i in items} == {(p, y) for p in places for y in ("2019", "2020")}
    assert {a["variable"] for i in items for a in i["assets"]} == {"Höhe"}


def test_a_file_that_was_copied_in_part_is_told_before_it_is_built(swath, tmp_path):
    for step in (1, 2):
        put(tmp_path / "raw" / f"ndvi_202{step}.tif")
    whole = tmp_path / "raw" / "ndvi_2022.tif"
    whole.write_bytes(whole.read_bytes()[:-100])
    assert "lie outside the file" in swath("init", "raw", cwd=tmp_path).text
    assert "unreadable" in (text := swath("plan", cwd=tmp_path).text) and "lie outside the file" in text


def test_a_day_that_may_be_a_month_is_told(swath, tmp_path):
    for name in ("05-03-2021", "06-04-2021"):
        put(tmp_path / "raw" / f"ndvi_{name}.tif")
    text = swath("init", "raw", cwd=tmp_path).text
    assert "day first" in text and "2021-03-05" in text and "swap %d and %m" in text


def test_numbers_that_move_the_place_are_no_days(swath, tmp_path):
    for row in (1, 2):
        for column in (1, 2):
            put(tmp_path / "raw" / f"cover_{row:02}_{column:02}_2020.tif", 3 * row + column)
    swath("init", "raw", cwd=tmp_path)
    (dataset,) = plan(tmp_path)["dataset"]
    assert "{tile}_{date:%Y}" in dataset["files"], dataset


def test_names_in_any_script_become_ids_that_every_reader_opens(swath, tmp_path):
    for place, town in enumerate(("Zürich", "Łódź", "Москва")):
        for variable in ("Höhe", "Neigung"):
            put(tmp_path / "raw" / "Daten für später" / f"{variable}_{town}_2020.tif", place)
    swath("init", "raw", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    swath("publish", "published", cwd=tmp_path)
    catalog = pystac.Collection.from_file(str(tmp_path / "published/collection.json"))
    items = list(catalog.get_items(recursive=True))
    assert {i.id for i in items} == {"Zuerich_2020", "Lodz_2020", "u41cu43eu441u43au432u430_2020"}
    assert {i.properties["tile"] for i in items} == {"Zürich", "Łódź", "Москва"}
    for item in items:
        assert set(item.assets) == {"Höhe", "Neigung"}
        for asset in item.assets.values():
            with rasterio.open(asset.get_absolute_href()) as file:
                assert file.read().shape == (1, 16, 16)
    assert "1 asset of 1 item" in swath("stack", "published", "--ids", "Zuerich_2020", "--assets", "Höhe", cwd=tmp_path).err


def test_what_is_left_out_is_told_with_its_reason(swath, tmp_path):
    raw = tmp_path / "raw"
    put(raw / "a_2020.tif")
    (raw / "broken.tif").symlink_to("nowhere.tif")
    for name in ("old.zip", "all.vrt", "photo.jpg", "notes.docx"):
        (raw / name).write_bytes(b"whatever it is")
    text = swath("init", raw, cwd=tmp_path).out
    for name, reason in [
        ("broken.tif", "a link to what is not there"),
        ("old.zip", "an archive"),
        ("all.vrt", "a virtual raster"),
        ("photo.jpg", "a raster format swath does not read"),
        ("notes.docx", "not a raster"),
    ]:
        assert any(name in line and reason in line for line in text.splitlines()), (name, text)
    swath("build", cwd=tmp_path)
    assert ".swath" not in swath("plan", "--offline", cwd=tmp_path).text


def test_a_plan_that_does_not_fit_its_files_is_told_before_it_is_built(swath, tmp_path):
    put(tmp_path / "raw/a_2020.tif", dtype="int16")
    put(tmp_path / "raw/b_2020.tif", dtype="uint8")
    swath("init", "raw", cwd=tmp_path)
    text = (tmp_path / "swath.toml").read_text()
    (tmp_path / "swath.toml").write_text(text.replace('compress = "zstd"', 'compress = "jpeg"'))
    said = swath("plan", "--offline", cwd=tmp_path).out
    assert "1 will fail: compress jpeg" in said and "raw/a_2020.tif" in said and "raw/b_2020.tif" not in said.split("will fail")[1], said
    (tmp_path / "swath.toml").write_text(text.replace("[dataset.variables.b]", "[dataset.variables.b]\nnodata = -9999"))
    said = swath("plan", "--offline", cwd=tmp_path).out
    assert "1 will fail: nodata -9999 does not fit uint8" in said and "hint: change `nodata` of variable b" in said, said
    events = [json.loads(line) for line in swath("plan", "--offline", "--json", cwd=tmp_path).out.splitlines()]
    assert [e["asset"].rsplit("/", 1)[1] for e in events if e["type"] == "misfit"] == ["b"]


def test_what_fails_now_and_is_gone_from_the_build_is_named_by_no_item(swath, tmp_path):
    import shutil

    put(tmp_path / "raw/a_2020.tif")
    put(tmp_path / "raw/b_2020.tif", dtype="uint8")
    swath("init", "raw", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    shutil.rmtree(tmp_path / "build")
    text = (tmp_path / "swath.toml").read_text()
    (tmp_path / "swath.toml").write_text(text.replace("[dataset.variables.b]", "[dataset.variables.b]\nnodata = -9999"))
    assert "does not fit" in swath("build", cwd=tmp_path, rc=8).err
    swath("check", "build", cwd=tmp_path)


def test_the_next_step_names_the_plan_that_was_used(swath, tmp_path):
    put(tmp_path / "raw/a_2020.tif")
    assert "swath plan -f my.toml" in swath("init", "raw", "-o", "my.toml", cwd=tmp_path).err
    assert "swath build -f my.toml" in swath("plan", "-f", "my.toml", cwd=tmp_path).err
    assert "swath publish -f my.toml" in swath("build", "-f", "my.toml", cwd=tmp_path).err


def test_an_item_beside_a_cog_takes_no_other_documents_name(swath, tmp_path):
    put(tmp_path / "raw/a_2020.tif")
    swath("init", "raw", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    swath("search", "build", "-o", "a.json", cwd=tmp_path)
    before = (tmp_path / "a.json").read_bytes()
    for flags in ([], ["--overwrite"]):
        assert "STAC item" in swath("stack", "build", "-o", "a.tif", *flags, cwd=tmp_path, rc=5).err
    assert (tmp_path / "a.json").read_bytes() == before


def test_a_folders_name_becomes_an_id_as_a_person_would_write_it(swath, tmp_path):
    folder = tmp_path / "Meine Daten (2021)"
    for tile in (1, 2):
        put(folder / f"{tile}.tif", tile)
    swath("init", ".", "--datetime", "2021", cwd=folder)
    assert [d["id"] for d in plan(folder)["dataset"]] == ["Meine-Daten-2021"]
    assert "swath.toml" not in swath("plan", "--offline", cwd=folder).out
