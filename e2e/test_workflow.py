"""The workflow that swath replaces, on what swath publishes: pystac, rasterio, odc-stac and stackstac from a private container.

The code is that of docs/compatibility.md.
"""
import re

import numpy as np
import pytest

from support import rasters
from support.run import ROOT

SIDE = 700
DATES = ("20200517", "20200602")
BANDS = ("b1", "b2")
LEFT, TOP = 500_007, 5_000_011
PAGE = ROOT / "docs/compatibility.md"


def truth(date, band):
    """One map of one moment, with a corner without data; its origin is on no multiple of its resolution."""
    whole = rasters.smooth((2 * SIDE, 2 * SIDE), seed=10 * DATES.index(date) + BANDS.index(band))
    whole[:90, :150] = 0
    return whole


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Each map in four files."""
    folder = tmp_path_factory.mktemp("workflow")
    for date in DATES:
        for band in BANDS:
            whole = truth(date, band)
            for row in (0, 1):
                for col in (0, 1):
                    part = whole[row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE]
                    origin = (LEFT + col * SIDE * 30, TOP - row * SIDE * 30)
                    rasters.write(folder / f"raw/map_r{row}c{col}_{date}_{band}.tif", part, origin=origin, nodata=0)
    return folder


@pytest.fixture(scope="module")
def page(swath, azurite, raw):
    """Every name that the page's code makes, run from top to bottom against a private container."""
    url = f"{azurite.url}/workflow/maps"
    swath("init", "raw", cwd=raw)
    swath("build", cwd=raw)
    swath("publish", url, cwd=raw, env={"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()})
    code = "\n\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S))
    stated = 'ROOT = "https://ACCOUNT.blob.core.windows.net/CONTAINER/maps/collection.json"'
    assert code.count(stated) == 1
    code = code.replace(stated, f'ROOT = "{url}/collection.json"')
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE_STORAGE_SAS_TOKEN", azurite.container_sas("workflow"))
        patch.setenv("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR")
        exec(compile(code, str(PAGE), "exec"), names)
    return names


def test_the_container_is_private(page):
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(page["ROOT"])


def test_pystac_reads_the_whole_tree_with_the_token(page):
    assert len(page["items"]) == 4 * len(DATES)
    for item in page["items"]:
        assert set(item.assets) == set(BANDS)
        assert all("sig=" not in a.href for a in item.assets.values())
        assert all("sig=" not in link.href for link in item.links)


def test_rasterio_reads_what_the_raw_file_holds(page, raw):
    item = page["items"][0]
    tile, date = item.id.rsplit("_", 1)
    assert np.array_equal(page["corner"], rasters.read(raw / f"raw/map_{tile}_{date}_b1.tif")[0][:100, :100])


@pytest.mark.parametrize("band", BANDS)
def test_odc_stac_computes_the_raw_pixels(page, band):
    cube = page["cube"]
    assert cube[band].dtype == "uint16" and tuple(cube.odc.geobox.transform)[:6] == (30, 0, LEFT, 0, -30, TOP)
    assert [np.datetime_as_string(t, "D").replace("-", "") for t in cube.time.values] == list(DATES)
    for number, date in enumerate(DATES):
        assert np.array_equal(cube[band].values[number], truth(date, band)), date


@pytest.mark.parametrize("band", BANDS)
def test_stackstac_computes_the_raw_pixels(page, band):
    stacked = page["mosaics"].sel(band=band)
    assert stacked.dtype == "uint16" and float(stacked.x[0]) == LEFT and float(stacked.y[0]) == TOP
    for number, date in enumerate(DATES):
        assert np.array_equal(stacked.values[number], truth(date, band)), date


def test_stackstac_with_a_frame_of_its_own_computes_them_too(page):
    for number, date in enumerate(DATES):
        assert np.array_equal(page["again"].sel(band="b1").values[number], truth(date, "b1"))


def test_without_the_hints_the_grid_is_another(page):
    """Why the page says what it says: a hint that is not needed any more should go."""
    import odc.stac
    import stackstac

    snapped = odc.stac.load(page["items"], bands=["b1"], chunks={}, patch_url=page["sign"])
    assert snapped.odc.geobox.transform.c != LEFT
    plain = [item.clone() for item in page["items"]]
    with pytest.raises(ValueError, match="epsg="):
        stackstac.stack(plain, assets=["b1"])
    assert stackstac.stack(plain, assets=["b1"], epsg=32633, snap_bounds=False).resolution_xy != (30, 30)


def test_readme_names_the_page():
    assert "(docs/compatibility.md)" in (ROOT / "README.md").read_text()
