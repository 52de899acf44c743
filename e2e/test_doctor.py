"""`doctor` names what would keep a publication from working, with the command that mends it, and never hangs."""
import os
import socket
import stat
import time

import pytest
from azure.storage.blob import CorsRule

from support import rasters
from support.web import WebServer


def diagnoses(swath, *args, rc=None, **kwargs):
    events = swath("doctor", "--json", *args, rc=rc, **kwargs).events()
    return [e for e in events if e["type"] == "diagnosis"]


def of(said, topic):
    return [d for d in said if d["topic"] == topic]


def verdicts(said, topic):
    return [d["verdict"] for d in of(said, topic)]


def plan_to(swath, folder, to=None):
    rasters.write(folder / "raw/map_a.tif", rasters.noise((40, 40)))
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    plan = folder / "swath.toml"
    lines = [line for line in plan.read_text().splitlines() if not line.startswith(("to =", "# to"))]
    plan.write_text("\n".join(lines).replace("[publish]", f'[publish]\nto = "{to}"' if to else "[publish]"))
    return folder


def test_without_a_plan_and_a_target_the_machine_alone_is_looked_at(swath, tmp_path):
    said = diagnoses(swath, cwd=tmp_path, rc=0)
    assert {d["topic"] for d in said} == {"version", "processors", "memory", "disk", "projection"}
    assert verdicts(said, "projection") == ["fine"]
    assert list(tmp_path.iterdir()) == []


def test_a_plan_is_read_and_its_raw_files_must_find_room(swath, tmp_path):
    plan_to(swath, tmp_path)
    said = diagnoses(swath, cwd=tmp_path, rc=0)
    assert "1 item in" in of(said, "plan")[0]["found"]
    assert "to be converted" in of(said, "disk")[0]["found"]
    (tmp_path / "swath.toml").write_text("[catalog]\nid = 'x'\nwrong = 1\n")
    broken = diagnoses(swath, cwd=tmp_path, rc=3)
    assert verdicts(broken, "plan") == ["error"] and "wrong" in of(broken, "plan")[0]["found"]


@pytest.fixture
def clocked(tmp_path):
    servers = []

    def start(clock):
        servers.append(WebServer(tmp_path, clock=clock))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize(("clock", "verdict", "rc"), [(0, "fine", 0), (200, "fine", 0), (-400, "warning", 0), (1200, "error", 3)])
def test_the_clock_is_held_against_the_servers(swath, clocked, tmp_path, clock, verdict, rc):
    said = diagnoses(swath, clocked(clock), cwd=tmp_path, rc=rc)
    assert verdicts(said, "clock") == [verdict], said
    assert bool(of(said, "clock")[0]["fix"]) == (verdict != "fine")


@pytest.fixture(scope="module")
def container(azurite):
    azurite.client.create_container("doctor")
    azurite.client.set_service_properties(cors=[CorsRule(["*"], ["GET"], allowed_headers=["*"], exposed_headers=["*"])])
    return f"{azurite.url}/doctor/maps"


def test_all_is_well_with_a_token_that_may_publish(swath, azurite, container, tmp_path):
    plan_to(swath, tmp_path, container)
    said = diagnoses(swath, cwd=tmp_path, env={"AZURE_STORAGE_SAS_TOKEN": azurite.container_sas("doctor", "racwdl", hours=5)}, rc=0)
    assert set(verdicts(said, "credentials")) == {"fine"} and verdicts(said, "container") == ["fine"], said
    assert verdicts(said, "browsers") == ["fine"] and verdicts(said, "clock") == ["fine"], said


@pytest.mark.parametrize(
    ("rights", "hours", "word"),
    [("rl", 5, "not create (c)"), ("racwl", -1, "expired"), (None, None, "none")],
)
def test_a_token_that_may_not_publish_is_an_error_of_credentials(swath, azurite, container, tmp_path, rights, hours, word):
    plan_to(swath, tmp_path, container)
    token = rights and azurite.container_sas("doctor", rights, hours=hours)
    # Without any credential a loopback address would be a plain web site; the account says that it is none.
    env = {"AZURE_STORAGE_SAS_TOKEN": token} if token else {"AZURE_STORAGE_SAS_TOKEN": None, "AZURE_STORAGE_ACCOUNT": "swathtest"}
    said = diagnoses(swath, cwd=tmp_path, env=env, rc={3, 4} if not token else 4)
    errors = [d for d in of(said, "credentials") if d["verdict"] == "error"]
    assert errors and all(d["fix"] for d in errors), said
    assert not token or any(word in d["found"] for d in errors), said


def test_a_token_of_another_key_is_found_by_the_servers_word(swath, azurite, container, tmp_path):
    token = azurite.container_sas("doctor", "racwl", hours=5)
    forged = token.replace("sig=", "sig=AAAA")
    said = diagnoses(swath, container, cwd=tmp_path, env={"AZURE_STORAGE_SAS_TOKEN": forged}, rc=4)
    assert any("refuses" in d["found"] for d in of(said, "credentials")), said


def test_a_container_that_is_not_there_and_closed_browsers_are_told_with_their_commands(swath, azurite, container, tmp_path):
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas()}
    absent = diagnoses(swath, f"{azurite.url}/nowhere/maps", cwd=tmp_path, env=env, rc=0)
    assert verdicts(absent, "container") == ["warning"] and "create" in of(absent, "container")[0]["fix"], absent
    azurite.client.set_service_properties(cors=[])
    closed = diagnoses(swath, container, cwd=tmp_path, env=env, rc=0)
    assert verdicts(closed, "browsers") == ["warning"] and "cors add" in of(closed, "browsers")[0]["fix"], closed


def test_a_server_that_never_answers_holds_nobody_up(swath, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        said = diagnoses(swath, f"http://127.0.0.1:{silent.getsockname()[1]}/maps", cwd=tmp_path, rc={0, 3}, timeout=40, env={"SWATH_STALL_SECONDS": "3"})
        assert time.monotonic() - started < 15
    assert verdicts(said, "connection") in (["error"], ["unknown"]), said


def test_where_nobody_listens_the_connection_is_the_error(swath, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = diagnoses(swath, f"http://127.0.0.1:{port}/maps", cwd=tmp_path, rc=3)
    assert verdicts(said, "connection") == ["error"] and of(said, "connection")[0]["fix"], said


def test_a_folder_is_asked_whether_it_can_be_written(swath, tmp_path):
    said = diagnoses(swath, tmp_path / "out", cwd=tmp_path, rc=0)
    assert verdicts(said, "target") == ["fine"] and not (tmp_path / "out").exists()
    if os.geteuid() == 0:
        return
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    said = diagnoses(swath, tmp_path / "out", cwd="/", rc=3)
    tmp_path.chmod(stat.S_IRWXU)
    assert verdicts(said, "target") == ["error"]


def test_a_misspelt_address_is_told_with_the_right_spelling(swath, tmp_path):
    said = diagnoses(swath, "https://acct.blob.core.windwos.net/maps", cwd=tmp_path, rc=3)
    assert "acct.blob.core.windows.net" in of(said, "target")[0]["found"], said


def test_the_text_says_what_to_run(swath, azurite, container, tmp_path):
    result = swath("doctor", container, cwd=tmp_path, env={"AZURE_STORAGE_SAS_TOKEN": azurite.container_sas("doctor", "rl", hours=-1)}, rc=4)
    assert "fix:" in result.out and "expired" in result.out and "2 errors" in result.err
