"""docs/plan.md: its plan is a plan, and its patterns take the names beside them."""
import json
import re

import pytest

from support import rasters
from support.run import ROOT

PAGE = (ROOT / "docs/plan.md").read_text()
PLAN = re.search(r"^```toml\n(.*?)^```", PAGE, re.M | re.S).group(1)
PATTERNS = re.findall(r"^\| `([^`|]+\.(?:tif|nc))` \| `([^`]+)` \|$", PAGE, re.M)


def events(swath, folder):
    return [json.loads(line) for line in swath("plan", "--offline", "--json", cwd=folder).out.splitlines()]


def test_the_plan_of_the_page_is_understood_and_built(swath, tmp_path):
    (tmp_path / "swath.toml").write_text(PLAN)
    for tile in ("t1", "t2"):
        rasters.write(tmp_path / f"raw/height_{tile}_14-04-2021.tif", rasters.noise((32, 32), dtype="int16"))
    for name in ("cover", "quality"):
        rasters.write(tmp_path / f"raw/{name}_2021.tif", rasters.noise((32, 32), dtype="uint8", high=3))
    swath("build", cwd=tmp_path)
    item = json.loads((tmp_path / "build/height/t1_20210414/t1_20210414.json").read_text())
    assert item["properties"]["datetime"].startswith("2021-04-14")
    assert item["assets"]["data"]["nodata"] == -9999 and item["assets"]["data"]["unit"] == "m"


@pytest.mark.parametrize("name, pattern", PATTERNS)
def test_a_pattern_of_the_page_takes_its_name(swath, tmp_path, name, pattern):
    text = f'[catalog]\nid = "c"\n[[dataset]]\nid = "d"\nfiles = "{pattern}"\n'
    if "{start" in pattern:
        text += 'datetime = ["{start}", "{end}"]\n'
    (tmp_path / "swath.toml").write_text(text)
    # A name says what it says, whatever the file is inside.
    rasters.write(tmp_path / name, rasters.noise((8, 8)), driver="GTiff")
    (item,) = [event["item"] for event in events(swath, tmp_path) if event["type"] == "item"]
    expected = {"tp": "2000-01-01", "NDVI": "2021-03-04", "MOD13Q1": "2021-04-07", "2021/04": "2021-04-01", "lst": "2021-03-22", "evi": "2021-07-01"}
    day = next((d for begin, d in expected.items() if name.startswith(begin)), "2021-04-14")
    assert item["datetime"][:10] == day


def test_the_page_has_patterns():
    assert len(PATTERNS) == 9
