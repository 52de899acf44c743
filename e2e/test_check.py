"""`check` says nothing about a healthy build and finds every damage made by hand."""
import json
import shutil

import pytest

from support.catalog import load, open_catalog


def test_a_healthy_build_has_no_findings(swath, built):
    result = swath("check", "build", cwd=built)
    findings = [e for e in swath("check", "--json", "build", cwd=built).events() if e["type"] == "finding"]
    assert findings == [], result


def findings(swath, folder):
    events = swath("check", "--json", folder, rc=3).events()
    found = [e for e in events if e["type"] == "finding"]
    assert found and events[-1]["exit"] == 3
    for finding in found:
        assert finding["rule"] and finding["severity"] and finding["at"] and finding["found"], finding
    return found


def first(folder):
    return open_catalog(folder).items[0]


def gdal_order(folder):
    item = first(folder)
    a, b, c, d, e, f = item.body["assets"]["B4"]["proj:transform"][:6]
    item.body["assets"]["B4"]["proj:transform"] = [c, a, b, f, d, e]
    item.save()


def wrong_crs(folder):
    item = first(folder)
    for holder in (item.body["properties"], *item.body["assets"].values()):
        if "proj:code" in holder:
            holder["proj:code"] = "EPSG:4326"
    item.save()


def lonlat_box(folder):
    item = first(folder)
    item.body["assets"]["B4"]["proj:bbox"] = item.body["bbox"]
    item.save()


def swapped_bands(folder):
    item = first(folder)
    assets = item.body["assets"]
    assets["B4"]["href"], assets["B5"]["href"] = assets["B5"]["href"], assets["B4"]["href"]
    item.save()


def stale_checksum(folder):
    item = first(folder)
    item.body["assets"]["B4"]["file:checksum"] = "1220" + "ab" * 32
    item.save()


def missing_asset(folder):
    first(folder).asset("B4").unlink()


def bare_nan(folder):
    item = first(folder)
    item.body["assets"]["B4"]["nodata"] = float("nan")
    item.save()


def broken_link(folder):
    root = load(folder / "collection.json")
    next(link for link in root.body["links"] if link["rel"] == "child")["href"] = "./nowhere/collection.json"
    root.save()


def broken_item_link(folder):
    collection = open_catalog(folder).collections[0]
    next(link for link in collection.body["links"] if link["rel"] == "item")["href"] = "./nowhere/nowhere.json"
    collection.save()


def two_boxes(folder):
    collection = open_catalog(folder).collections[0]
    boxes = collection.body["extent"]["spatial"]["bbox"]
    collection.body["extent"]["spatial"]["bbox"] = [boxes[0], boxes[0]]
    collection.save()


def signature_in_href(folder):
    item = first(folder)
    item.body["assets"]["B4"]["href"] += "?sv=2024-11-04&sig=abcdef%3D"
    item.save()


def flipped_pixels(folder):
    path = first(folder).asset("B4")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncated(folder):
    path = first(folder).asset("B4")
    path.write_bytes(path.read_bytes()[:-40])


def wrong_shape(folder):
    item = first(folder)
    item.body["assets"]["B4"]["proj:shape"] = item.body["assets"]["B4"]["proj:shape"][::-1]
    item.save()


def wrong_statistics(folder):
    item = first(folder)
    asset = item.body["assets"]["B4"]
    holder = asset if "statistics" in asset else asset["bands"][0]
    holder["statistics"]["maximum"] += 1
    item.save()


def small_extent(folder):
    collection = open_catalog(folder).collections[0]
    box = collection.body["extent"]["spatial"]["bbox"][0]
    box[2] = (box[0] + box[2]) / 2
    collection.save()


def item_that_nobody_links(folder):
    item = first(folder)
    collection = open_catalog(folder).collections[0]
    collection.body["links"] = [link for link in collection.body["links"] if item.body["id"] not in link["href"]]
    collection.save()


def no_cog_any_more(folder):
    import rasterio

    path = first(folder).asset("B4")
    with rasterio.open(path) as dataset:
        profile, values = dataset.profile, dataset.read()
    with rasterio.open(path, "w", **(profile | {"tiled": False, "compress": None})) as dataset:
        dataset.write(values)


DAMAGES = [
    (gdal_order, ["transform"]),
    (wrong_crs, ["crs", "code"]),
    (lonlat_box, ["bbox"]),
    (swapped_bands, ["checksum", "band", "statistics", "href", "name"]),
    (stale_checksum, ["checksum"]),
    (missing_asset, ["asset", "missing", "absent", "href"]),
    (bare_nan, ["json", "nan"]),
    (broken_link, ["link"]),
    (broken_item_link, ["link"]),
    (two_boxes, ["extent", "bbox", "box"]),
    (signature_in_href, ["sig", "secret", "sas", "credential"]),
    (flipped_pixels, ["checksum", "decode", "block", "pixels"]),
    (truncated, ["checksum", "decode", "block", "size", "pixels"]),
    (wrong_shape, ["shape"]),
    (wrong_statistics, ["statistics"]),
    (small_extent, ["extent"]),
    (item_that_nobody_links, ["link", "orphan", "unlinked"]),
    (no_cog_any_more, ["checksum", "cog", "tiled", "header"]),
]


@pytest.mark.parametrize("damage,words", DAMAGES, ids=[d.__name__ for d, _ in DAMAGES])
def test_a_damage_is_found_by_its_rule(swath, mutable, damage, words):
    damage(mutable)
    found = findings(swath, mutable)
    assert any(word in finding["rule"].lower() for finding in found for word in words), f"rules: {sorted({f['rule'] for f in found})}"


def test_swapped_bands_are_found_even_when_checksums_were_swapped_too(swath, mutable):
    item = first(mutable)
    assets = item.body["assets"]
    for key in ("href", "file:checksum", "file:size", "statistics", "file:header_size"):
        a, b = assets["B4"].get(key), assets["B5"].get(key)
        if a is not None:
            assets["B4"][key], assets["B5"][key] = b, a
    item.save()
    assert findings(swath, mutable)


def test_findings_say_what_to_do(swath, mutable):
    stale_checksum(mutable)
    missing_asset(mutable)
    result = swath("check", mutable, rc=3)
    assert "fix" in result.text or "hint" in result.text, result


def test_all_findings_are_told_not_only_the_first(swath, mutable):
    stale_checksum(mutable)
    two_boxes(mutable)
    broken_link(mutable)
    rules = {f["rule"] for f in findings(swath, mutable)}
    assert len(rules) >= 3, rules


def test_a_wrong_signature_is_not_repeated_in_the_finding(swath, mutable):
    signature_in_href(mutable)
    assert "abcdef" not in swath("check", mutable, rc=3).text


def test_a_published_folder_is_checked_too(swath, published):
    swath("check", published)


def test_a_single_file_is_checked(swath, catalog, tmp_path):
    path = catalog.items[0].asset("B4")
    swath("check", path)
    broken = tmp_path / "broken.tif"
    shutil.copyfile(path, broken)
    content = bytearray(broken.read_bytes())
    content[-60:-20] = bytes(40)
    broken.write_bytes(content)
    swath("check", broken, rc=3)


def test_nothing_to_check_is_an_error(swath, tmp_path):
    swath("check", tmp_path / "nowhere", rc={1, 2, 7})


def test_a_corner_of_the_map_that_moved_is_found(swath, mutable):
    item = first(mutable)
    item.body["geometry"] = json.loads(json.dumps(item.body["geometry"]).replace("-7", "-5"))
    item.save()
    assert findings(swath, mutable)


