"""`init` reads names and headers, and says by itself what there is."""
import tomllib

import pytest

from support import rasters
from support.files import copy_writable, tree


def datasets(folder):
    return tomllib.loads((folder / "swath.toml").read_text())["dataset"]


def build(swath, folder):
    from support.catalog import open_catalog

    swath("build", cwd=folder)
    return open_catalog(folder / "build")


def test_landsat_is_one_dataset_of_19_items_with_12_variables(catalog, built):
    assert len(datasets(built)) == 1
    assert len(catalog.items) == 19
    bands = {f"B{n}" for n in range(1, 12)} | {"BQA"}
    for item in catalog.items:
        assert set(item.body["assets"]) == bands
        assert any(tile in item.body["id"] for tile in ("013032", "014031", "014032"))
        assert item.body["properties"]["datetime"].startswith("2018-")
        assert item.body["properties"]["datetime"].endswith("Z")


def test_the_landsat_plan_can_be_read_and_says_that_nodata_is_missing(built, swath, tmp_path):
    text = (built / "swath.toml").read_text()
    assert text.count("#") >= 5, "no comments"
    assert "{date" in text and "nodata" in text
    said = swath("init", built / "raw", "-o", tmp_path / "swath.toml").text
    assert "nodata" in said and "19" in said and "12" in said


def test_init_refuses_to_overwrite_a_plan(swath, tmp_path):
    rasters.write(tmp_path / "raw/a.tif", rasters.noise((32, 32)))
    swath("init", "raw", cwd=tmp_path)
    before = tree(tmp_path)
    swath("init", "raw", cwd=tmp_path, rc=5)
    assert tree(tmp_path) == before


def test_an_absent_folder_is_named(swath, tmp_path):
    assert "nowhere" in swath("init", "nowhere", cwd=tmp_path, rc={1, 2, 7}).err


def one(path, folder, bands=1, place=0, **options):
    """A raster of 40 x 40 pixels; rasters of one place share their grid, as the variables of a tile do."""
    options.setdefault("origin", (500_000 + 1200 * place, 5_000_000))
    shape = (bands, 40, 40) if bands > 1 else (40, 40)
    rasters.write(folder / path, rasters.noise(shape, seed=len(path)), **options)


# What lies in the folder, each file with the number of its place; then how many items and variables that is.
NAMES = {
    "tokens joined by underscores": ([(f"ndvi_b{b}_{year}_r{t // 2}c{t % 2}.tif", t) for b in (1, 2) for year in (2019, 2020) for t in range(4)], 8, 2),
    "a folder per variable": ([(f"B0{b}/{32632 + t}_{date}.tif", t) for b in (2, 3) for t in (0, 1) for date in (20200105, 20200115)], 4, 2),
    "a folder per tile": ([(f"tile_{12 + t // 2}_{34 + t % 2}/{name}.tif", t) for t in range(4) for name in ("height", "slope")], 4, 2),
    "a single file": ([("population.tif", 0)], 1, 1),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_are_read_as_data(swath, tmp_path, case):
    paths, items, variables = NAMES[case]
    for path, place in paths:
        one(path, tmp_path / "raw", place=place)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    assert len(datasets(tmp_path)) == 1, (tmp_path / "swath.toml").read_text()
    catalog = build(swath, tmp_path)
    assert len(catalog.items) == items
    assert all(len(item.body["assets"]) == variables for item in catalog.items), {k for i in catalog.items for k in i.body["assets"]}


def test_a_year_in_a_name_becomes_the_time(swath, tmp_path):
    for year in (2019, 2020):
        for place in (1, 2):
            one(f"ndvi_b1_{year}_r0c{place}.tif", tmp_path / "raw", place=place)
    swath("init", "raw", cwd=tmp_path)
    times = {i.body["properties"]["datetime"] or i.body["properties"]["start_datetime"] for i in build(swath, tmp_path).items}
    assert {t[:4] for t in times} == {"2019", "2020"}


def test_a_file_of_several_bands_per_tile_stays_one_asset(swath, tmp_path):
    for place, tile in enumerate(("a1", "a2", "b1")):
        one(f"scene_{tile}.tif", tmp_path / "raw", bands=4, place=place)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    catalog = build(swath, tmp_path)
    assert len(catalog.items) == 3
    for item in catalog.items:
        (asset,) = [a for a in item.body["assets"].values() if "data" in a.get("roles", [])]
        assert len(asset["bands"]) == 4


def test_two_datasets_mixed_in_one_tree(swath, tmp_path):
    for place, tile in enumerate(("r0c0", "r0c1", "r1c0")):
        for band in ("b1", "b2"):
            one(f"map4_{band}_{tile}_2020.tif", tmp_path / "raw", place=place)
    for place in (33, 34):
        one(f"height/dem-{place}.tif", tmp_path / "raw", place=3 * place, step=90, nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    assert len(datasets(tmp_path)) == 2, (tmp_path / "swath.toml").read_text()
    catalog = build(swath, tmp_path)
    assert len(catalog.collections) == 2 and len(catalog.items) == 5


def test_one_variable_in_many_netcdf_files(swath, shared, tmp_path):
    copy_writable(shared / "data/cmip5_hadgem2_series", tmp_path / "raw")
    swath("init", "raw", cwd=tmp_path)
    assert len(datasets(tmp_path)) == 1
    summary = swath("plan", cwd=tmp_path).text
    assert "tas" in summary


def test_a_netcdf_of_140_dates_and_5_variables(swath, shared, tmp_path):
    (tmp_path / "raw").mkdir()
    name = "sentinel2_cube_subset_romania_20m.nc"
    (tmp_path / "raw" / name).write_bytes((shared / "data/sentinel2_romania" / name).read_bytes())
    swath("init", "raw", cwd=tmp_path)
    text = swath("plan", cwd=tmp_path).text
    assert "140" in text and "5" in text


def test_three_kinds_of_raster_in_one_folder(swath, shared, tmp_path):
    copy_writable(shared / "data/sentinel2_romania", tmp_path / "raw")
    swath("init", "raw", cwd=tmp_path)
    assert len(datasets(tmp_path)) >= 2


def test_a_date_is_never_invented(swath, tmp_path):
    one("population.tif", tmp_path / "raw")
    assert "datetime" in swath("init", "raw", cwd=tmp_path).err
    result = swath("build", cwd=tmp_path, rc={1, 2, 3, 8})
    assert "datetime" in result.err, result
