"""`check` of a published catalog: a healthy one has no findings, and each damage made by hand gives exactly its own."""
import itertools
import pathlib
import shutil

import pytest
from azure.storage.blob import ContentSettings, CorsRule

from support import rasters
from support.catalog import open_catalog
from support.files import stamps
from support.web import WebServer

PAGES = CorsRule(["*"], ["GET", "HEAD", "OPTIONS"], allowed_headers=["*"], exposed_headers=["Content-Range", "ETag"], max_age_in_seconds=3600)
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def small(swath, tmp_path_factory):
    """A build of three tiles with two levels each."""
    folder = tmp_path_factory.mktemp("small")
    for n in range(3):
        rasters.write(folder / f"raw/map_t{n}.tif", rasters.noise((700, 600), seed=n), origin=(500_000 + 27_000 * n, 5_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder)
    return folder


@pytest.fixture
def published_small(swath, small, tmp_path):
    swath("publish", tmp_path / "out", cwd=small)
    return tmp_path / "out"


@pytest.fixture
def web():
    servers = []

    def start(folder, **how):
        servers.append(WebServer(folder, **how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


class Container:
    """The small build in a container's folder of its own, and a token that reads there."""

    def __init__(self, azurite, swath, small, name="live"):
        self.azurite, self.prefix = azurite, f"p{next(NUMBERS)}"
        self.url = f"{azurite.url}/{name}/{self.prefix}"
        swath("publish", self.url, cwd=small, env={"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()})
        self.env = {"AZURE_STORAGE_SAS_TOKEN": azurite.container_sas(name, "rl")}
        self.client = azurite.client.get_container_client(name)

    def blob(self, ending, nth=0):
        names = sorted(n for n in self.client.list_blob_names(name_starts_with=self.prefix + "/") if n.endswith(ending))
        return self.client.get_blob_client(names[nth])

    def rewrite(self, ending, change):
        """The blob's bytes as somebody else's tool would replace them: with their own right checksum."""
        blob = self.blob(ending)
        settings = blob.get_blob_properties().content_settings
        settings.content_md5 = None
        blob.upload_blob(change(blob.download_blob().readall()), overwrite=True, content_settings=settings)
        return blob.blob_name.removeprefix(self.prefix + "/")


@pytest.fixture
def container(azurite, swath, small):
    azurite.client.set_service_properties(cors=[PAGES])
    return Container(azurite, swath, small)


def findings(swath, *args, rc=None, **kwargs):
    events = swath("check", "--json", *args, rc=rc, **kwargs).events()
    return [e for e in events if e["type"] == "finding"], next((e for e in events if e["type"] == "checked"), None)


def rules(found):
    return sorted((f["rule"], f["severity"]) for f in found)


def test_a_healthy_container_has_no_findings(swath, container):
    found, checked = findings(swath, container.url, env=container.env, rc=0)
    assert found == []
    assert checked["identity"] == "a SAS token" and checked["public"] is False and checked["generation"] == 1
    assert checked["proof"] == {"read": 0, "unchanged": 3, "header": 0} and checked["asset_bytes"] > checked["received"]


def test_every_byte_is_read_when_asked_for(swath, container):
    found, checked = findings(swath, container.url, "--full", env=container.env, rc=0)
    assert found == [] and checked["proof"]["read"] == 3 and checked["received"] > checked["asset_bytes"]


def flip(content):
    return content[:-40] + bytes([content[-40] ^ 0xFF]) + content[-39:]


@pytest.mark.parametrize(
    ("ending", "change", "rule"),
    [
        (".tif", lambda content: content[:-100], "LIVE-SIZE"),
        (".tif", flip, "LIVE-CHECKSUM"),
        (".tif", lambda content: b"somebody else's bytes", "LIVE-SIZE"),
        (".tif", lambda content: b"x" * len(content), "LIVE-CHECKSUM"),
        ("t1.json", lambda content: content.replace(b"2020", b"2021"), "LIVE-CHECKSUM"),
        ("t1.json", lambda content: content[:200], "LIVE-SIZE"),
        ("items.parquet", lambda content: content[:-9], "LIVE-SIZE"),
    ],
    ids=["truncated", "flipped", "foreign", "foreign-of-one-size", "edited-item", "truncated-item", "truncated-table"],
)
def test_other_bytes_than_published_are_one_finding(swath, container, ending, change, rule):
    name = container.rewrite(ending, change)
    found, _ = findings(swath, container.url, env=container.env, rc=3)
    assert rules(found) == [(rule, "error")], found
    assert found[0]["at"] == name and "swath publish" in found[0]["fix"]


@pytest.mark.parametrize("ending", [".tif", "t1.json", "items.parquet"])
def test_a_missing_object_is_one_finding(swath, container, ending):
    blob = container.blob(ending)
    blob.delete_blob()
    found, _ = findings(swath, container.url, env=container.env, rc=3)
    assert rules(found) == [("LIVE-MISSING", "error")], found
    assert blob.blob_name.endswith(found[0]["at"])


def test_the_same_bytes_uploaded_again_are_no_finding(swath, container):
    container.rewrite(".tif", lambda content: content)
    found, checked = findings(swath, container.url, env=container.env, rc=0)
    assert found == [] and checked["proof"] == {"read": 1, "unchanged": 2, "header": 0}


@pytest.mark.parametrize(
    ("ending", "settings", "rule", "severity"),
    [
        (".tif", {"content_type": "application/octet-stream", "cache_control": "max-age=31536000, immutable"}, "LIVE-TYPE", "warning"),
        ("t1.json", {"content_type": "text/html", "cache_control": "max-age=60"}, "LIVE-TYPE", "warning"),
        ("/collection.json", {"content_type": "application/json", "cache_control": "max-age=31536000"}, "LIVE-CACHE", "error"),
        (".tif", {"content_type": "image/tiff", "cache_control": "no-cache"}, "LIVE-CACHE", "note"),
        (".tif", {"content_type": "image/tiff", "content_encoding": "gzip"}, "LIVE-ENCODING", "error"),
    ],
)
def test_how_an_object_is_presented_is_one_finding(swath, container, ending, settings, rule, severity):
    blob = container.blob(ending)
    blob.set_http_headers(ContentSettings(**settings))
    found, _ = findings(swath, container.url, env=container.env, rc=3 if severity == "error" else 0)
    assert rules(found) == [(rule, severity)], found


def test_a_checksum_that_its_blob_does_not_have_is_found_where_all_is_read(swath, container):
    blob = container.blob(".tif")
    settings = blob.get_blob_properties().content_settings
    settings.content_md5 = bytearray(16)
    blob.set_http_headers(settings)
    found, _ = findings(swath, container.url, env=container.env, rc=3)
    assert rules(found) == [("LIVE-MD5", "error")], found


def test_without_a_cors_rule_the_command_that_opens_it_is_told(swath, azurite, container):
    azurite.client.set_service_properties(cors=[])
    found, _ = findings(swath, container.url, env=container.env, rc=0)
    assert rules(found) == [("LIVE-CORS", "warning")], found
    assert "--account-name swathtest" in found[0]["fix"]
    azurite.client.set_service_properties(cors=[CorsRule(["*"], ["GET"], allowed_headers=["*"], exposed_headers=["Content-Length"])])
    found, _ = findings(swath, container.url, env=container.env, rc=0)
    assert rules(found) == [("LIVE-CORS", "warning")] and "not exposed" in found[0]["found"], found


def test_objects_that_nothing_refers_to_are_counted(swath, container):
    for name in ("stray.tif", "old/notes.txt"):
        container.client.upload_blob(f"{container.prefix}/{name}", b"1234")
    found, _ = findings(swath, container.url, env=container.env, rc=0)
    assert rules(found) == [("LIVE-UNREFERENCED", "note")] and "8 bytes" in found[0]["found"], found


def test_a_private_catalog_is_refused_to_a_stranger_and_a_public_one_is_not(swath, azurite, small, container):
    result = swath("check", container.url, "--anonymous", rc={1, 4})
    assert "error" in result.err
    azurite.client.create_container("open", public_access="blob")
    public = Container(azurite, swath, small, "open")
    _, checked = findings(swath, public.url, env=public.env, rc=0)
    assert checked["public"] is True


def test_several_damages_are_all_told(swath, azurite, container):
    missing = container.blob(".tif", 2)
    missing.delete_blob()
    container.rewrite(".tif", flip)
    container.blob("t1.json").set_http_headers(ContentSettings(content_type="text/plain"))
    azurite.client.set_service_properties(cors=[])
    found, _ = findings(swath, container.url, env=container.env, rc=3)
    assert rules(found) == [("LIVE-CHECKSUM", "error"), ("LIVE-CORS", "warning"), ("LIVE-MISSING", "error"), ("LIVE-TYPE", "warning")], found


def test_a_web_site_is_checked_by_one_request_per_object(swath, web, published_small):
    server = web(published_small)
    found, checked = findings(swath, server.url, rc=0)
    assert found == []
    assert checked["identity"] == "no credentials" and checked["proof"] == {"read": 0, "unchanged": 0, "header": 3}
    asked = [r.path for r in server.requests]
    for path in stamps(published_small):
        if path not in ("collection.json", "swath.manifest.json"):
            assert asked.count(f"/{path}") == 1, path
    assert all(r.range is None or not r.range.startswith("bytes=-") for r in server.requests), "a suffix range"


def test_a_web_site_that_keeps_no_versions_shows_a_flipped_byte_to_a_full_check_only(swath, web, published_small):
    asset = next(published_small.rglob("*.tif"))
    asset.write_bytes(flip(asset.read_bytes()))
    server = web(published_small)
    result = swath("check", server.url)
    assert "by header and size alone" in result.err and "--full" in result.err
    found, _ = findings(swath, server.url, "--full", rc=3)
    assert rules(found) == [("LIVE-CHECKSUM", "error")], found


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"cors": False}, [("LIVE-CORS", "warning")]),
        ({"if_match": False}, [("LIVE-IF-MATCH", "warning")]),
        ({"etags": False}, [("LIVE-ETAG", "warning")]),
        ({"types": {}}, [("LIVE-TYPE", "warning")] * 4),
        ({"ranges": False}, [("LIVE-RANGE", "error")] * 4),
    ],
    ids=str,
)
def test_what_a_server_cannot_do_is_told(swath, web, published_small, how, expected):
    server = web(published_small, **how)
    found, _ = findings(swath, server.url, rc=3 if ("LIVE-RANGE", "error") in expected else 0)
    assert rules(found) == expected, found


def test_a_folder_is_held_against_its_manifest(swath, published_small):
    assert findings(swath, published_small, "--live", rc=0)[0] == []
    asset = next(published_small.rglob("*.tif"))
    asset.write_bytes(flip(asset.read_bytes()))
    found, _ = findings(swath, published_small, "--live", rc=3)
    assert rules(found) == [("LIVE-CHECKSUM", "error")], found


@pytest.fixture
def foreign(published_small):
    """As other tools publish: no manifest, no table."""
    (published_small / "swath.manifest.json").unlink()
    return published_small


def test_without_a_manifest_links_are_followed(swath, web, foreign):
    found, checked = findings(swath, web(foreign).url, rc=0)
    assert found == [] and checked["generation"] is None and checked["assets"] == 3


def test_a_document_leads_to_the_root_of_its_catalog(swath, web, published_small):
    item = next(p for p in published_small.rglob("*.json") if p.stem == p.parent.name)
    server = web(published_small)
    found, checked = findings(swath, f"{server.url}/{item.relative_to(published_small)}", rc=0)
    assert found == [] and checked["root"] == f"{server.url}/collection.json" and checked["assets"] == 3


def change(folder, edit):
    item = open_catalog(folder).items[0]
    edit(item.body)
    item.save()
    return item


def links(body, rel):
    return next(link for link in body["links"] if link["rel"] == rel)


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (lambda body: next(iter(body["assets"].values())).update({"proj:shape": [10, 10]}), "GRID-SHAPE"),
        (lambda body: next(iter(body["assets"].values())).update({"data_type": "float64"}), "BAND-TYPE"),
        (lambda body: next(iter(body["assets"].values())).update({"file:size": 7}), "LIVE-SIZE"),
        (lambda body: next(iter(body["assets"].values())).update({"href": "./nowhere.tif"}), "LIVE-MISSING"),
        (lambda body: next(iter(body["assets"].values())).update({"href": "file:///etc/passwd"}), "LIVE-LINK-FORBIDDEN"),
        (lambda body: links(body, "parent").update({"href": "../nowhere.json"}), "LIVE-MISSING"),
        (lambda body: links(body, "root").update({"href": "../../collection.json?sp=r&sig=abcdef%3D"}), "STAC-SECRET"),
    ],
    ids=["shape", "type", "size", "asset-nowhere", "asset-on-this-machine", "parent-nowhere", "token"],
)
def test_what_an_item_says_wrong_is_found_through_the_web(swath, web, foreign, edit, rule):
    change(foreign, edit)
    result = swath("check", "--json", web(foreign).url, rc=3)
    assert rule in {e["rule"] for e in result.events() if e["type"] == "finding"}, result
    assert "abcdef" not in result.text


def test_an_item_that_is_not_there_is_found_without_a_manifest(swath, web, foreign):
    item = open_catalog(foreign).items[0].path
    shutil.rmtree(item.parent)
    found, _ = findings(swath, web(foreign).url, rc=3)
    assert ("LIVE-MISSING", "error") in rules(found), found


def test_a_catalog_that_says_it_is_elsewhere_is_told_so(swath, web, small, tmp_path):
    shutil.copytree(small / "raw", tmp_path / "raw")
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    plan = pathlib.Path(tmp_path / "swath.toml")
    text = plan.read_text()
    assert "[publish]" in text
    plan.write_text("\n".join(line for line in text.splitlines() if not line.startswith(("to =", "links =", "# to", "# links"))).replace(
        "[publish]", '[publish]\nto = "https://elsewhere.example/maps"\nlinks = "absolute-published"'
    ))
    swath("build", cwd=tmp_path)
    swath("publish", "out", cwd=tmp_path)
    found, _ = findings(swath, web(tmp_path / "out").url, rc=None)
    assert ("LIVE-SELF", "warning") in rules(found), found


def test_nothing_at_an_address_is_an_error(swath, web, tmp_path):
    assert "no catalog" in swath("check", web(tmp_path).url, rc=1).err
