"""`search` finds items in a folder, over HTTP, and in a private container."""
import json

import pytest


def ids(result):
    body = json.loads(result.out)
    assert body["type"] == "FeatureCollection"
    return sorted(f["id"] for f in body["features"])


def box(item, shrink=0.4):
    west, south, east, north = item.body["bbox"]
    dx, dy = (east - west) * shrink, (north - south) * shrink
    return west + dx, south + dy, east - dx, north - dy


def overlaps(a, b):
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


@pytest.fixture(params=["folder", "http", "private container"])
def root(request, published, serve):
    """Where the catalog is, and the environment that opens it."""
    if request.param == "folder":
        return str(published), {}
    if request.param == "http":
        return f"{serve(published).url}/collection.json", {}
    azurite = request.getfixturevalue("azurite")
    url = request.getfixturevalue("searched")
    return url, {"AZURE_STORAGE_SAS_TOKEN": azurite.container_sas("searched")}


@pytest.fixture(scope="module")
def searched(azurite, built, swath):
    url = f"{azurite.url}/searched/maps"
    swath("publish", url, cwd=built, env={"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()}, timeout=300)
    return url


def test_without_conditions_everything_is_found(swath, root, catalog):
    url, env = root
    assert ids(swath("search", url, env=env)) == sorted(i.body["id"] for i in catalog.items)


def test_by_place(swath, root, catalog):
    url, env = root
    wanted = box(catalog.items[0])
    expected = sorted(i.body["id"] for i in catalog.items if overlaps(wanted, i.body["bbox"]))
    assert ids(swath("search", url, "--bbox", ",".join(map(str, wanted)), env=env)) == expected
    assert ids(swath("search", url, "--bbox", "10,40,11,41", env=env)) == []


def test_by_time(swath, root, catalog):
    url, env = root
    summer = sorted(i.body["id"] for i in catalog.items if "2018-06" <= i.body["properties"]["datetime"][:7] <= "2018-08")
    assert summer and ids(swath("search", url, "--datetime", "2018-06-01/2018-08-31", env=env)) == summer
    late = sorted(i.body["id"] for i in catalog.items if i.body["properties"]["datetime"] >= "2018-11")
    assert late and ids(swath("search", url, "--datetime", "2018-11-01T00:00:00Z/..", env=env)) == late


def test_by_id_and_collection(swath, root, catalog):
    url, env = root
    two = sorted(i.body["id"] for i in catalog.items[3:5])
    assert ids(swath("search", url, "--ids", ",".join(two), env=env)) == two
    assert len(ids(swath("search", url, "--collections", catalog.items[0].body["collection"], env=env))) == 19
    assert ids(swath("search", url, "--collections", "other", env=env)) == []


def test_items_come_with_hrefs_that_open(swath, root):
    url, env = root
    body = json.loads(swath("search", url, "--limit", "2", env=env).out)
    assert len(body["features"]) == 2
    for feature in body["features"]:
        href = feature["assets"]["B4"]["href"]
        assert href.startswith(("http://", "/", "file://")), href
        assert "sig=" not in href
        assert len(feature["assets"]) == 12


def test_parquet_answers_without_reading_every_item(swath, published, serve):
    server = serve(published)
    swath("search", f"{server.url}/collection.json", "--datetime", "2018-06-01/2018-08-31")
    items = [r for r in server.requests if r.path.endswith(".json") and r.path.count("/") == 3]
    assert not items, f"{len(items)} items were read although there is an items.parquet"
    assert server.of("items.parquet")


def test_a_catalog_without_parquet_is_crawled(swath, mutable, serve, catalog):
    for path in mutable.rglob("items.parquet"):
        path.unlink()
    server = serve(mutable)
    assert ids(swath("search", f"{server.url}/collection.json")) == sorted(i.body["id"] for i in catalog.items)


def test_parquet_and_crawl_give_the_same_items(swath, mutable, published):
    for path in mutable.rglob("items.parquet"):
        path.unlink()
    fast = {f["id"]: f for f in json.loads(swath("search", published).out)["features"]}
    slow = {f["id"]: f for f in json.loads(swath("search", mutable).out)["features"]}
    assert fast.keys() == slow.keys()
    for key in fast:
        assert {k: v["proj:transform"] for k, v in fast[key]["assets"].items()} == {k: v["proj:transform"] for k, v in slow[key]["assets"].items()}
        assert fast[key]["properties"]["datetime"] == slow[key]["properties"]["datetime"]
        assert fast[key]["bbox"] == slow[key]["bbox"]


def test_output_to_a_file(swath, published, tmp_path):
    swath("search", published, "-o", tmp_path / "items.json")
    assert len(json.loads((tmp_path / "items.json").read_text())["features"]) == 19


def test_pystac_reads_what_search_prints(swath, published):
    import pystac

    collection = pystac.ItemCollection.from_dict(json.loads(swath("search", published).out))
    assert len(collection) == 19


@pytest.mark.parametrize("arguments", [["--bbox", "1,2,3"], ["--bbox", "a,b,c,d"], ["--datetime", "yesterday"], ["--datetime", "2018-13-01"], ["--bbox", "0,50,10,40"]])
def test_a_condition_that_makes_no_sense_is_usage(swath, published, arguments):
    swath("search", published, *arguments, rc=2)


def test_a_root_that_is_not_there(swath, tmp_path, serve):
    swath("search", tmp_path / "nowhere", rc={1, 2})
    swath("search", f"{serve(tmp_path).url}/collection.json", rc=1)
    swath("search", "http://127.0.0.1:9/collection.json", rc=6)
