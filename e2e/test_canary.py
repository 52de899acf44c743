"""No secret is seen anywhere: the searches themselves can fail, and the whole way with canaries leaves no trace.

Every other test is part of this one: `support/canary.py` looks at each of their runs.
"""
import json
import sys

import pytest

from support import canary, faults, run, versions
from support.places import Place


def chatty(tmp_path, script):
    """A program in the place of swath."""
    program = tmp_path / "chatty"
    program.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time\nkey = os.environ['AZURE_STORAGE_KEY']\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "script",
    [
        "print(key)",
        "print('Authorization: ' + os.environ['AZURE_STORAGE_SAS_TOKEN'], file=sys.stderr)",
        "print(key.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D'))",
        "subprocess.run(['sh', '-c', 'sleep 2; : ' + key])",
        "print(key); sys.exit(4)",
    ],
)
def test_a_program_that_shows_a_secret_is_caught(tmp_path, monkeypatch, script):
    monkeypatch.setattr(run, "BINARY", chatty(tmp_path, script))
    with pytest.raises(canary.Leak):
        run.swath("x", rc=None)


@pytest.mark.parametrize("name", ["a.json", "deep/.swath/state.jsonl", "log", "small.tif"])
def test_a_file_that_holds_a_secret_is_found_when_a_run_wrote_it(tmp_path, monkeypatch, name):
    path = tmp_path / "out" / name
    script = f"os.makedirs({str(path.parent)!r}, exist_ok=True); open({str(path)!r}, 'w').write('x' * 5000 + key + 'x')"
    monkeypatch.setattr(run, "BINARY", chatty(tmp_path, script))
    assert run.swath("x").rc == 0
    with pytest.raises(canary.Leak):
        canary.search_folder(tmp_path / "out")
    path.unlink()


def test_a_file_that_the_test_wrote_is_its_own(tmp_path):
    (tmp_path / "token.txt").write_text(canary.CANARY_SAS)
    canary.search_folder(tmp_path)


def quiet_ways(place, folder, out):
    """Every command that talks to a store, with what it may end with."""
    url = f"{place.proxy.url}/{place.name}/maps"
    yield ("publish", url), {0}
    yield ("publish", url, "--dry-run"), {0}
    yield ("search", url), {0}
    yield ("stack", url, "-o", out / "x.tif"), {0}
    yield ("stack", url, "--explain"), {0}
    yield ("check", url, "--live"), {0, 2, 3}
    yield ("publish", url, "--prune"), {0}
    yield ("search", f"{url}/nothing"), {1, 4}
    yield ("publish", f"{place.proxy.url}/other/maps"), {0, 4}


@pytest.mark.parametrize("kind", ["key", "SAS", "connection string"])
@pytest.mark.parametrize("talk", [("-vv",), ("-vv", "--json")], ids=" ".join)
def test_the_whole_way_leaves_no_trace(swath, memory, tmp_path, kind, talk):
    """Outputs, command lines and files are searched by the harness; the documents that were stored, here."""
    small = versions.first(swath, tmp_path / "small", count=2)
    (tmp_path / "out").mkdir()
    with Place(memory) as place:
        connection = f"DefaultEndpointsProtocol=http;AccountName=swathtest;AccountKey={memory.key};BlobEndpoint={place.proxy.url};"
        env = {
            "key": {"AZURE_STORAGE_KEY": memory.key, "AZURE_STORAGE_ACCOUNT": "swathtest", "AZURE_STORAGE_SAS_TOKEN": None},
            "SAS": {"AZURE_STORAGE_SAS_TOKEN": place.sas},
            "connection string": {"AZURE_STORAGE_CONNECTION_STRING": connection, "AZURE_STORAGE_SAS_TOKEN": None},
        }[kind] | {"RUST_LOG": "trace", "SWATH_LOG": "trace", "RUST_BACKTRACE": "full"}
        for args, rc in quiet_ways(place, small, tmp_path / "out"):
            swath(*talk, *args, cwd=small.folder, env=env, rc=rc)
        container = memory.client.get_container_client(place.name)
        for blob in container.list_blobs():
            content = container.download_blob(blob.name).readall()
            assert not canary.seen_in(content.decode("latin-1")) and b"sig=" not in content, blob.name


def test_a_link_to_a_foreign_host_is_not_sent_the_credential(swath, memory, tmp_path, serve):
    """The catalog is private, one asset of it lies with strangers: `serve` searches what they were sent."""
    small = versions.first(swath, tmp_path / "small", count=1)
    strangers = serve(small.build)
    asset = next(p for p in small.build.rglob("*.tif"))
    item = next(p for p in small.build.rglob("*.json") if '"Feature"' in p.read_text() and p.parent == asset.parent)
    body = json.loads(item.read_text())
    (key,) = body["assets"]
    body["assets"][key]["href"] = f"{strangers.url}/{asset.relative_to(small.build)}"
    with Place(memory) as place:
        place.publish(small)
        name = f"maps/{item.relative_to(small.build)}"
        memory.client.get_blob_client(place.name, name).upload_blob(json.dumps(body).encode(), overwrite=True)
        table = next((p for p in small.build.rglob("items.parquet")), None)
        if table:
            memory.client.get_blob_client(place.name, f"maps/{table.relative_to(small.build)}").delete_blob()
        swath("-vv", "stack", f"{memory.url}/{place.name}/maps", "--assets", key, "-o", tmp_path / "x.tif", env=place.env, rc=None)
    assert strangers.requests, "nobody asked the strangers: nothing was tried"


def test_an_error_of_a_server_that_repeats_the_signature_is_redacted(swath, memory, tmp_path):
    """Azure's own 403 texts hold the string that was signed; a bad proxy may send back the whole URL."""
    def answer(exchange, _):
        body = f"<Error><Code>AuthenticationFailed</Code><Message>no: {exchange.handler.path} {exchange.handler.headers}</Message></Error>".encode()
        exchange.send(faults.Answer(403, [("Content-Length", str(len(body))), ("x-ms-request-id", "1"), ("Content-Type", "application/xml")], body))

    faults.KINDS["echo"] = answer
    small = versions.first(swath, tmp_path / "small", count=1)
    with faults.FaultProxy(memory.url, lambda seen: faults.Fault("echo")) as proxy:
        for talk in ((), ("-vv",), ("--json",)):
            swath(*talk, "search", f"{proxy.url}/echo/maps", env={"AZURE_STORAGE_SAS_TOKEN": memory.sas}, rc=4)
            swath(*talk, "publish", f"{proxy.url}/echo/maps", cwd=small.folder, env={"AZURE_STORAGE_SAS_TOKEN": memory.sas}, rc=4)
            key = {"AZURE_STORAGE_KEY": memory.key, "AZURE_STORAGE_ACCOUNT": "swathtest", "AZURE_STORAGE_SAS_TOKEN": None}
            swath(*talk, "search", f"{proxy.url}/echo/maps", env=key, rc=4)
