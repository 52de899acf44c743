"""What goes wrong is named, with what would be right, and has its own exit code."""
import json

import pytest

from support import rasters
from support.run import CANARY_SAS
from support.run import swath as run


@pytest.fixture
def project(swath, tmp_path):
    rasters.write(tmp_path / "raw/map_a.tif", rasters.noise((64, 64)), nodata=0)
    rasters.write(tmp_path / "raw/map_b.tif", rasters.noise((64, 64)), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    return tmp_path


def edit(project, old, new):
    plan = project / "swath.toml"
    text = plan.read_text()
    assert old in text, f"{old} is not in\n{text}"
    plan.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("command", ["plan", "build"])
def test_an_unknown_key_of_the_plan_is_asked_about(swath, project, command):
    edit(project, "[[dataset]]", "[[dataset]]\ntitel = 'x'")
    result = swath(command, cwd=project, rc=2)
    assert "titel" in result.err and "did you mean" in result.err and "title" in result.err, result
    assert "swath.toml" in result.err, result


def test_an_unknown_table_of_the_plan_is_asked_about(swath, project):
    edit(project, "[[dataset]]", "[[datasets]]")
    result = swath("plan", cwd=project, rc=2)
    assert "datasets" in result.err and "dataset" in result.err


def test_a_plan_that_is_no_toml_says_the_line(swath, project):
    (project / "swath.toml").write_text("[catalog]\nid = = 3\n")
    result = swath("plan", cwd=project, rc=2)
    assert "swath.toml" in result.err and "2" in result.err


def test_no_plan_says_how_to_make_one(swath, tmp_path):
    result = swath("build", cwd=tmp_path, rc={1, 2})
    assert "swath.toml" in result.err and "swath init" in result.err


def test_missing_credentials_end_with_4_and_say_what_is_missing(swath, azurite, project):
    swath("build", cwd=project)
    result = swath("publish", f"{azurite.url}/locked/x", cwd=project, env={"AZURE_STORAGE_SAS_TOKEN": None}, rc=4)
    assert "AZURE_STORAGE_SAS_TOKEN" in result.err, result


def test_wrong_credentials_end_with_4(swath, azurite, project):
    swath("build", cwd=project)
    swath("publish", f"{azurite.url}/locked/x", cwd=project, rc=4)
    swath("search", f"{azurite.url}/locked/x", rc=4)


def test_a_token_that_may_not_write_ends_with_4(swath, azurite, project):
    swath("build", cwd=project)
    azurite.client.create_container("readonly")
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.container_sas("readonly", "rl")}
    result = swath("publish", f"{azurite.url}/readonly/x", cwd=project, env=env, rc=4)
    assert "permission" in result.err.lower() or "sp=" in result.err, result


def test_an_expired_token_says_that_it_expired(swath, azurite, project):
    swath("build", cwd=project)
    env = {"AZURE_STORAGE_SAS_TOKEN": azurite.account_sas(hours=-1)}
    result = swath("publish", f"{azurite.url}/late/x", cwd=project, env=env, rc=4)
    assert "expired" in result.err, result


def test_nobody_answers_ends_with_6(swath, project):
    swath("build", cwd=project)
    env = {"AZURE_STORAGE_SAS_TOKEN": CANARY_SAS.replace("sp=rl", "sp=racwl")}
    result = swath("publish", "http://127.0.0.1:9/account/container/x", cwd=project, env=env, rc=6, timeout=180)
    assert "127.0.0.1:9" in result.err, result


def test_an_error_in_json_is_an_event(swath, tmp_path):
    events = swath("info", "--json", tmp_path / "nowhere.tif", rc=1).events()
    error = next(e for e in events if e["type"] == "error")
    assert error["family"] == "absent" and "nowhere.tif" in error["at"]
    assert events[-1] == events[-1] | {"type": "summary", "exit": 1}


def test_a_broken_pipe_is_silent(swath, built):
    import subprocess

    from support.run import BINARY, environment

    shell = f"'{BINARY}' plan --json | head -n 1"
    result = subprocess.run(["bash", "-c", f"set -o pipefail; {shell}"], cwd=built, env=environment(), capture_output=True, text=True)
    assert result.stderr == "" and json.loads(result.stdout)["type"] == "version"


def test_data_goes_to_stdout_and_talk_to_stderr(swath, published):
    body = swath("search", published, "--limit", "1")
    assert json.loads(body.out)["type"] == "FeatureCollection"
    quiet = swath("-q", "search", published, "--limit", "1")
    assert json.loads(quiet.out) and quiet.err == ""


def test_secrets_are_not_repeated_in_usage_errors():
    secret = "sv=2024-11-04&sp=rl&sig=CANARYcanaryCANARYcanaryCANARYcanaryCANARY4%3D"
    run("search", f"https://nobody.invalid/c/collection.json?{secret}", rc={1, 2, 4, 6})
    run("publish", f"https://nobody.invalid/c?{secret}", "--no-such-flag", rc=2)
    run("-vv", "search", "http://127.0.0.1:9/acc/container/x", rc={4, 6})
