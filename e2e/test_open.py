"""Catalogs that others made open by one URL, whatever their version and however their links are written."""
import datetime
import json
import pathlib
import shutil
import ssl

import pytest

from support import globe, rasters
from support.http import RangeServer

WHEN = datetime.datetime(2020, 5, 17, tzinfo=datetime.timezone.utc)


def found(result):
    return sorted(f["id"] for f in json.loads(result.out)["features"])


def pystac_tree(count=6, version=None):
    import pystac

    root = pystac.Catalog("root", "x")
    child = pystac.Collection("data", "x", pystac.Extent(pystac.SpatialExtent([[-180, -90, 180, 90]]), pystac.TemporalExtent([[WHEN, None]])))
    root.add_child(child)
    for body in globe.items(count):
        child.add_item(pystac.Item.from_dict(body))
    if version:
        pystac.set_stac_version(version)
    return root


@pytest.fixture
def stac_version():
    import pystac

    yield
    pystac.set_stac_version(None)


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
@pytest.mark.parametrize("kind", ["SELF_CONTAINED", "RELATIVE_PUBLISHED", "ABSOLUTE_PUBLISHED"])
def test_a_catalog_of_pystac_opens_at_each_of_its_documents(swath, serve, tmp_path, kind, version, stac_version):
    import pystac

    server = serve(tmp_path)
    save(tmp_path, server.url, getattr(pystac.CatalogType, kind), version)
    everything = [i["id"] for i in globe.items(6)]
    for address in (server.url, f"{server.url}/catalog.json", f"{server.url}/data", f"{server.url}/data/collection.json"):
        assert found(swath("search", address)) == everything, address
    one = f"{server.url}/data/{everything[2]}/{everything[2]}.json"
    assert found(swath("search", one)) == [everything[2]]
    assert found(swath("search", server.url, "--datetime", "2019/..", "--collections", "data")) == [i["id"] for i in globe.items(6) if i["properties"]["datetime"] >= "2019"]


def save(folder, url, kind, version):
    """As `normalize_and_save` does, but to another place than the one that links name."""
    root = pystac_tree(version=version)
    root.normalize_hrefs(url)
    for catalog, _, _ in root.walk():
        catalog.catalog_type = kind
    for current, _, items in root.walk():
        for thing in (current, *items):
            target = folder / thing.get_self_href().removeprefix(url).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(thing.to_dict()))


def test_an_item_of_rio_stac_opens_with_projection_v1_and_v2(swath, tmp_path):
    """rio-stac writes `proj:epsg` or `proj:code`, by its version and ours to read either."""
    rio_stac = pytest.importorskip("rio_stac")
    rasters.write(tmp_path / "a.tif", rasters.noise((64, 64), seed=1), nodata=0)
    item = rio_stac.create_stac_item(str(tmp_path / "a.tif"), input_datetime=WHEN, id="a", asset_name="b1", with_proj=True, with_raster=True, asset_href="./a.tif").to_dict()
    code = item["properties"].get("proj:code") or f"EPSG:{item['properties']['proj:epsg']}"
    for name, fields in (("v1", {"proj:epsg": int(code[5:])}), ("v2", {"proj:code": code})):
        body = json.loads(json.dumps(item))
        body["properties"] = {k: v for k, v in body["properties"].items() if k not in ("proj:code", "proj:epsg")} | fields
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
        answer = json.loads(swath("search", tmp_path / f"{name}.json").out)["features"]
        assert [f["id"] for f in answer] == ["a"] and pathlib.Path(answer[0]["assets"]["b1"]["href"]) == tmp_path / "a.tif"
        said = swath("stack", tmp_path / f"{name}.json").text
        assert code in said, said


def test_a_collection_of_stactools_opens(swath, tmp_path):
    """A template as stactools' packages use it: pystac objects, copied and moved by stactools.core."""
    core = pytest.importorskip("stactools.core.copy")
    import pystac

    pystac_tree(4).normalize_and_save(str(tmp_path / "from"), pystac.CatalogType.SELF_CONTAINED)
    core.copy_catalog(pystac.Catalog.from_file(str(tmp_path / "from/catalog.json")), str(tmp_path / "to"), copy_assets=False)
    shutil.rmtree(tmp_path / "from")
    assert found(swath("search", tmp_path / "to")) == [i["id"] for i in globe.items(4)]


def test_an_item_collection_and_a_table_open_by_themselves(swath, serve, tmp_path):
    items = globe.items(5)
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    swath("search", tmp_path / "items.json", "-o", tmp_path / "items.parquet")
    swath("search", tmp_path / "items.json", "-o", tmp_path / "items.ndjson")
    server = serve(tmp_path)
    for address in (f"{server.url}/items.json", f"{server.url}/items.ndjson", f"{server.url}/items.parquet", server.url):
        assert found(swath("search", address)) == [i["id"] for i in items], address


def test_a_private_container_opens_at_each_of_its_documents(swath, azurite, old):
    """The token is in the environment or behind the URL, and in no link."""
    root = f"{azurite.url}/opened/maps"
    swath("publish", root, cwd=old.folder, env={"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()})
    sas = azurite.container_sas("opened")
    (collection,) = (p.parent.name for p in old.build.glob("*/collection.json"))
    item = min(old.items())
    for place, wanted in (("", sorted(old.items())), ("/collection.json", sorted(old.items())), (f"/{collection}", sorted(old.items())),
                          (f"/{collection}/items.parquet", sorted(old.items())), (f"/{collection}/{item}/{item}.json", [item])):
        result = swath("search", root + place, env={"AZURE_STORAGE_SAS_TOKEN": sas})
        assert found(result) == wanted and "sig=" not in result.text, place
    assert swath("search", root, env={"AZURE_STORAGE_SAS_TOKEN": None, "AZURE_STORAGE_KEY": None}, rc={1, 4}).out == ""


def write(folder, name, **fields):
    (folder / name).write_text(json.dumps({"type": "Catalog", "stac_version": "1.1.0", "id": name, "description": "x", "links": [], **fields}))


def link(rel, href):
    return {"rel": rel, "href": href}


def test_links_in_circles_to_other_hosts_and_to_nowhere(swath, serve, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here, there = serve(tmp_path / "here"), serve(tmp_path / "there")
    for k, folder in ((1, "here"), (2, "there")):
        (tmp_path / folder / "item.json").write_text(json.dumps(globe.item(k)))
    (tmp_path / "here/broken.json").write_text("{")
    write(tmp_path / "there", "catalog.json", links=[link("item", "item.json"), link("child", f"{here.url}/catalog.json"), link("child", "./catalog.json")])
    links = [link("child", "catalog.json"), link("child", f"{there.url}/catalog.json"), link("item", "item.json"), link("item", "./item.json#x"), link("item", "broken.json"),
             link("item", "absent.json"), link("item", "http://127.0.0.1:9/x.json"), link("child", "file:///etc/passwd"), link("child", "ftp://host/x.json")]
    write(tmp_path / "here", "catalog.json", links=links)
    result = swath("search", here.url, rc=8)
    assert found(result) == [globe.item(1)["id"], globe.item(2)["id"]]
    for url in (f"{here.url}/broken.json", f"{here.url}/absent.json", "http://127.0.0.1:9/x.json", "file:///etc/passwd", "ftp://host/x.json"):
        assert url in result.err, result
    assert len(here.of("item.json")) == 1 and len(there.of("catalog.json")) == 1, "each document is read once"


class Bouncer(RangeServer):
    """Sends everything on to another address."""

    def __init__(self, root, to):
        self.to = to
        super().__init__(root)

    def read(self, file, wanted):
        return 302, b"", {"Location": self.to, "Content-Length": "0"}


def test_a_redirection_is_followed_without_a_credential(swath, serve, tmp_path):
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": globe.items(2)}))
    target = serve(tmp_path)
    bouncer = Bouncer(tmp_path, f"{target.url}/items.json")
    try:
        assert len(found(swath("search", f"{bouncer.url}/items.json?token=k7Qp2fWz9LmXc4"))) == 2
    finally:
        bouncer.close()
    assert "token=k7Qp2fWz9LmXc4" in {r.query for r in bouncer.requests} and not any("k7Qp2" in f"{r.query}{r.headers}" for r in target.requests)


def test_a_redirection_in_a_circle_ends(swath, tmp_path):
    bouncer = Bouncer(tmp_path, "")
    bouncer.to = f"{bouncer.url}/items.json"
    try:
        assert swath("search", f"{bouncer.url}/items.json", rc=None).rc in (1, 3, 6)
    finally:
        bouncer.close()
    assert len(bouncer.requests) < 50


class Packed(RangeServer):
    """Says of everything that it is packed, as a bomb would."""

    def read(self, file, wanted):
        status, content, headers = super().read(file, wanted)
        return status, content, headers | {"Content-Encoding": "gzip"}


def test_what_comes_packed_unasked_is_not_unpacked(swath, tmp_path):
    import gzip

    (tmp_path / "items.json").write_bytes(gzip.compress(b" " * (1 << 26), 9))
    server = Packed(tmp_path)
    try:
        result = swath("search", f"{server.url}/items.json", rc=None, memory=300 << 20)
    finally:
        server.close()
    assert result.rc in (1, 3, 6) and "encoded" in result.err, result


def test_certificates_are_asked_for_where_a_server_shows_one(swath, serve, certificate, tmp_path):
    """Over http none are needed; one that is not trusted says how to trust it; one that is, is."""
    body = {"type": "Catalog", "stac_version": "1.1.0", "id": "x", "description": "x", "links": []}
    (tmp_path / "catalog.json").write_text(json.dumps(body))
    none = {"SSL_CERT_FILE": tmp_path / "none.pem", "SSL_CERT_DIR": tmp_path / "none"}
    server = serve(tmp_path)
    assert found(swath("search", f"{server.url}/catalog.json", env=none)) == []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    url = server.url.replace("http:", "https:") + "/catalog.json"
    for env in (none, {}):
        refused = swath("search", url, env=env, rc=6)
        assert "certificate" in refused.err.lower() and "SSL_CERT_FILE=" in refused.err, refused
    assert found(swath("search", url, env={"SSL_CERT_FILE": certificate.authority})) == []
