"""`search` asks a STAC API: whatever it can judge by itself is told, the rest is judged here, and its pages are followed."""
import json

import pytest

from support import globe
from support.stac_api import CLASSES, StacApi

ITEMS = globe.items(100, collection="a") + [globe.item(k, collection="b") for k in range(100, 130)]
BOX = [-20, -40, 60, 70]
COUNT = len(ITEMS)
KEY = "k7Qp2fWz9LmXc4"


@pytest.fixture
def api():
    servers = []

    def start(items=ITEMS, **said):
        servers.append(StacApi(items, **said))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def found(result):
    return [f["id"] for f in json.loads(result.out)["features"]]


def ids(items):
    return [i["id"] for i in sorted(items, key=lambda i: (i["collection"], i["properties"]["datetime"], i["id"]))]


@pytest.mark.parametrize("paging", ["merge", "token", "get"])
def test_all_pages_are_followed(swath, api, paging):
    server = api(paging=paging)
    arguments = ["--bbox", ",".join(map(str, BOX)), "--datetime", "2016/2021-06-30", "--collections", "a"]
    expected = [i for i in ITEMS if i["collection"] == "a" and globe.overlaps(i["bbox"], BOX) and "2016" <= i["properties"]["datetime"] < "2021-07"]
    assert found(swath("search", server.url, *arguments)) == ids(expected) and len(expected) > 5
    assert found(swath("search", server.url)) == ids(ITEMS)
    method = "GET" if paging == "get" else "POST"
    assert {a.method for a in server.searches()} == {method} and len(server.searches()) >= 5


def test_pystac_client_finds_the_same(swath, api):
    """That the stand-in is a STAC API is for the field's own client to say."""
    client = pytest.importorskip("pystac_client")
    server = api()
    theirs = client.Client.open(server.url).search(bbox=BOX, filter={"op": "<", "args": [{"property": "eo:cloud_cover"}, 30]}, filter_lang="cql2-json")
    ours = found(swath("search", server.url, "--bbox", ",".join(map(str, BOX)), "--filter", "eo:cloud_cover < 30"))
    assert sorted(ours) == sorted(i.id for i in theirs.items()) and ours


@pytest.mark.parametrize("told", [True, False], ids=["the server judges", "judged here"])
@pytest.mark.parametrize("paging", ["merge", "get"])
def test_filter_and_order(swath, api, told, paging):
    server = api(paging=paging, classes=tuple(CLASSES) if told else ("core", "collections", "features", "search"))
    result = swath("search", server.url, "--filter", "eo:cloud_cover < 30", "--sortby", "-datetime", "--limit", "5")
    expected = sorted((i for i in ITEMS if i["properties"]["eo:cloud_cover"] < 30), key=lambda i: i["properties"]["datetime"], reverse=True)
    assert found(result) == [i["id"] for i in expected[:5]]
    assert json.loads(result.out)["numberMatched"] == len(expected)
    asked = [a.body or a.query for a in server.searches()]
    assert all(("filter" in a) == told and ("sortby" in a) == told for a in asked)
    assert (len(asked) == 1) == told, "five items are one page where the server orders them"


def test_a_limit_reads_no_more_pages_than_it_needs(swath, api):
    server = api()
    result = swath("search", server.url, "--limit", "45")
    assert len(found(result)) == 45 and json.loads(result.out)["numberMatched"] == COUNT
    assert len(server.searches()) == 2


def test_without_search_the_collections_are_read(swath, api):
    server = api(classes=("core", "collections", "features"))
    result = swath("search", server.url, "--bbox", ",".join(map(str, BOX)), "--ids", ITEMS[1]["id"], ITEMS[2]["id"], ITEMS[3]["id"])
    assert found(result) == ids(i for i in ITEMS[1:4] if globe.overlaps(i["bbox"], BOX))
    assert found(swath("search", server.url)) == ids(ITEMS)


def test_a_collection_and_an_item_of_an_api_open_by_their_own_url(swath, api):
    server = api()
    assert found(swath("search", f"{server.url}/collections/b")) == ids(ITEMS[100:])
    assert found(swath("search", f"{server.url}/collections/b/items/{ITEMS[101]['id']}")) == [ITEMS[101]["id"]]


def test_what_is_not_there_is_said(swath, api):
    server = api()
    result = swath("search", server.url, "--collections", "c")
    assert found(result) == [] and "there are a, b" in result.err
    assert swath("search", f"{server.host}/other", rc=1).out == ""


def test_a_key_goes_to_its_own_server_only(swath, api):
    elsewhere = api()
    server = api(key=KEY, next_at=elsewhere.host)
    result = swath("search", f"{server.url}?key={KEY}")
    assert found(result) == ids(ITEMS)
    assert all(a.query.get("key") == KEY for a in server.asked) and elsewhere.searches()
    assert not any(KEY in f"{a}" for a in elsewhere.asked)
    assert KEY not in result.out + result.err


def test_pages_that_lead_in_a_circle_end(swath, api):
    server = api()
    server.next = lambda asked, token: {"rel": "next", "href": server.url + "/search", "method": "POST", "merge": True, "body": {"token": 0}}
    assert len(found(swath("search", server.url))) == 40
    assert len(server.searches()) == 2


def stumbles(server, status, times):
    """The server answers the second page so many times with this status."""
    answer, left = server.answer, [times]

    def stumbling(asked):
        if asked.body and asked.body.get("token") == 40 and left[0]:
            left[0] -= 1
            return status, {"code": "Busy", "description": "come back later"}
        return answer(asked)

    server.answer = stumbling


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_page_that_fails_for_a_while_is_asked_for_again(swath, api, status):
    server = api()
    stumbles(server, status, 2)
    assert found(swath("search", server.url)) == ids(ITEMS)
    assert len(server.searches()) == 4 + 2


def test_a_page_that_stays_away_is_named_and_nothing_is_given(swath, api):
    """What heals is asked for again for half a minute; this does not heal."""
    server = api()
    stumbles(server, 400, 100)
    result = swath("search", server.url, rc=2)
    assert result.out == "" and f"{server.url}/search" in result.err and "400" in result.err
    assert len(server.searches()) == 2


def test_a_broken_item_is_listed_and_the_others_are_found(swath, api):
    items = [dict(i) for i in ITEMS]
    items[3]["assets"] = "none"
    items[4] = items[4] | {"assets": {"b1": {"href": "file:///etc/passwd"}}}
    result = swath("search", api(items).url, rc=8)
    assert len(found(result)) == COUNT - 2
    assert items[3]["id"] in result.err and items[4]["id"] in result.err, "a server must not name this machine's files"


def test_an_answer_that_is_none_is_invalid_data(swath, api):
    server = api()
    server.page = lambda *_: {"type": "FeatureCollection"}
    assert "features" in swath("search", server.url, rc=3).err
