"""`account`: from nothing in the cloud to a container, against a Resource Manager on this machine."""
import os
import pty
import re
import signal
import subprocess
import threading
import time

import pytest

from support.arm import CLIENT, SUBSCRIPTION, Arm
from support.run import BINARY, SECRETS, environment

CREATE = ["account", "create", "--name", "mymaps", "--group", "maps-rg"]
FULL = [*CREATE, "--container", "catalog", "--cors"]
ACCOUNT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/maps-rg/providers/Microsoft.Storage/storageAccounts/mymaps"


@pytest.fixture
def arm(tmp_path):
    server = Arm(tmp_path)
    yield server
    server.close()


@pytest.fixture
def account(swath, arm):
    """swath with the credentials of the stub."""
    return lambda *args, **more: swath(*args, env=arm.environment | more.pop("env", {}), **more)


def sent(requests):
    return [(r.method, r.path.rsplit("/", 1)[-1]) for r in requests]


def planned(events):
    (plan,) = (e for e in events if e["type"] == "plan")
    return [(s["method"], s["path"], s["api_version"], s["body"]) for s in plan["steps"]]


def changed(arm):
    return [(r.method, r.path, r.api_version, r.body) for r in arm.changes()]


# Making


def test_from_nothing_to_a_container_that_pages_may_read(account, arm):
    result = account(*FULL)
    assert sent(arm.changes()) == [("PUT", "maps-rg"), ("PUT", "mymaps"), ("PUT", "catalog"), ("PUT", "default")]
    made = arm.accounts["mymaps"]
    properties = made["body"]["properties"]
    assert made["body"]["kind"] == "StorageV2" and made["body"]["location"] == "westeurope" and made["body"]["sku"]["name"] == "Standard_LRS"
    assert properties["minimumTlsVersion"] == "TLS1_2" and properties["supportsHttpsTrafficOnly"] and not properties["allowBlobPublicAccess"]
    assert made["containers"]["catalog"]["properties"]["publicAccess"] == "None"
    (rule,) = made["service"]["cors"]["corsRules"]
    assert set(rule["allowedMethods"]) == {"GET", "HEAD", "OPTIONS"} and rule["allowedOrigins"] == ["*"]
    assert {"Content-Range", "ETag", "Accept-Ranges", "Content-Length"} <= set(rule["exposedHeaders"])
    assert result.out.strip() == "https://mymaps.blob.core.windows.net/catalog"
    assert "swath publish https://mymaps.blob.core.windows.net/catalog" in result.err and "swath sas create" in result.err
    assert "Standard_LRS: 3 copies" in result.err


def test_a_second_run_changes_nothing_and_says_so(account, arm):
    account(*FULL)
    arm.forget()
    result = account(*FULL)
    assert arm.changes() == [] and "nothing was changed" in result.err
    assert result.out.strip() == "https://mymaps.blob.core.windows.net/catalog"


@pytest.mark.parametrize("more", [[], ["--public", "--cors=https://maps.example.org,http://localhost:8000"], ["--sku", "ra-grs", "--location", "North Europe"]])
def test_what_the_dry_run_lists_is_what_is_sent(account, arm, more):
    dry = account(*FULL, *more, "--dry-run", "--json")
    assert arm.changes() == []
    account(*FULL, *more)
    assert planned(dry.events()) == changed(arm)


def test_what_is_half_there_is_finished(account, arm):
    account(*CREATE)
    arm.forget()
    dry = account(*FULL, "--dry-run", "--json")
    account(*FULL)
    assert sent(arm.changes()) == [("PUT", "catalog"), ("PUT", "default")] and planned(dry.events()) == changed(arm)


def test_the_dry_run_shows_requests_and_commands_of_az(account):
    text = account(*FULL, "--dry-run").out
    assert f"PUT {ACCOUNT}?api-version=2025-08-01" in text
    assert f"az storage account create --name mymaps --resource-group maps-rg --location westeurope --sku Standard_LRS" in text
    assert "--allowed-origins '*'" in text, "a shell would read the star"


def test_a_dry_run_without_a_login_shows_what_nothing_needs(swath, arm):
    # The metadata service of an Azure machine and `az` are nowhere.
    env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9", "PATH": "/nonexistent"}
    result = swath(*FULL, "--dry-run", env=env)
    assert "az group create --name maps-rg --location westeurope\n" in result.out and "PUT /subscriptions/SUBSCRIPTION/" in result.out
    assert "nobody is logged in" in result.err and "az login" in result.err
    assert swath(*FULL, env=env, rc=4).out == ""


def test_public_on_wish(account, arm):
    account(*FULL)
    arm.forget()
    account(*FULL, "--public")
    assert sent(arm.changes()) == [("PATCH", "mymaps"), ("PATCH", "catalog")]
    assert arm.accounts["mymaps"]["containers"]["catalog"]["properties"]["publicAccess"] == "Blob"
    arm.forget()
    assert "is public and stays so" in account(*FULL).err and arm.changes() == []


def test_settings_and_rules_of_others_are_kept(account, arm):
    account(*CREATE)
    other = {"allowedOrigins": ["https://other.example"], "allowedMethods": ["PUT"], "allowedHeaders": [], "exposedHeaders": [], "maxAgeInSeconds": 5}
    arm.accounts["mymaps"]["service"] = {"cors": {"corsRules": [other]}, "deleteRetentionPolicy": {"enabled": True, "days": 7}}
    account(*CREATE, "--cors")
    service = arm.accounts["mymaps"]["service"]
    assert service["deleteRetentionPolicy"] == {"enabled": True, "days": 7}
    assert service["cors"]["corsRules"][0] == other and len(service["cors"]["corsRules"]) == 2


@pytest.mark.parametrize("style", ["location", "status"])
def test_an_operation_is_waited_for(account, arm, style):
    arm.style, arm.pause, arm.polls = style, 1, 2
    events = account(*CREATE, "--json").events()
    waits = [e for e in events if e["type"] == "waiting"]
    assert len(waits) == 3 and all(w["why"] == "operation" and w["pause"] == 1 for w in waits)
    assert arm.accounts["mymaps"]["body"]["properties"]["provisioningState"] == "Succeeded"
    assert [e["at"] for e in events if e["type"] == "step"] == [1, 2]


@pytest.mark.parametrize("style", ["location", "status"])
def test_an_operation_that_fails_says_why(account, arm, style):
    arm.style, arm.failing = style, ("StorageAccountAlreadyTaken", "The storage account named mymaps is already taken.")
    result = account(*CREATE, rc=5)
    assert "already taken" in result.err and "--name" in result.err


def test_events_tell_the_account(account):
    events = account(*FULL, "--json").events()
    (made,) = (e for e in events if e["type"] == "account")
    assert made["url"] == "https://mymaps.blob.core.windows.net/catalog" and made["changes"] == 4
    assert events[0]["type"] == "version" and events[-1]["type"] == "summary"


# Names, before anything is sent


@pytest.mark.parametrize(
    "args, rule, near",
    [
        (["--name", "My_Maps", "--group", "g"], "3 to 24 lower-case letters and digits", "--name mymaps"),
        (["--name", "ab", "--group", "g"], "3 to 24", "--name abmaps"),
        (["--name", "mymaps", "--group", "g."], "not ending in a period", "--group g"),
        (["--name", "mymaps", "--group", "g", "--container", "My Maps"], "3 to 63", "--container my-maps"),
        (["--name", "mymaps", "--group", "g", "--sku", "Standard_XRS"], "Standard_ZRS", ""),
        (["--name", "mymaps", "--group", "g", "--location", "west/europe"], "westeurope", ""),
        (["--name", "mymaps", "--group", "g", "--cors=https://a.example/"], "origin", "--cors=https://a.example"),
        (["--name", "mymaps", "--group", "g", "--subscription", "Maps"], "01234567-", "az account list"),
    ],
)
def test_a_name_that_cannot_be_is_told_with_its_rule(account, arm, args, rule, near):
    result = account("account", "create", *args, rc=2)
    assert rule in result.err and near in result.err, result
    assert arm.requests == [] and arm.tokens == []


# What Azure refuses


def conflicts(result, *words):
    for word in words:
        assert word in result.err, result


def test_a_name_that_is_taken(account, arm):
    result = account("account", "create", "--name", "maps", "--group", "maps-rg", rc=5)
    conflicts(result, "already taken", "choose another --name")
    assert arm.changes() == []


def test_a_name_that_is_ours_in_another_group(account, arm):
    account("account", "create", "--name", "mymaps", "--group", "first-rg")
    conflicts(account(*CREATE, rc=5), "--group first-rg")


@pytest.mark.parametrize("differing, way", [(["--sku", "Standard_ZRS"], "az storage account update --name mymaps"), (["--location", "eastus"], "leave --location out")])
def test_what_differs_is_a_conflict_with_the_way_out(account, arm, differing, way):
    account(*CREATE)
    arm.forget()
    conflicts(account(*CREATE, *differing, rc=5), way)
    assert arm.changes() == []


def test_a_provider_that_is_not_registered(account, arm):
    arm.registered = False
    conflicts(account(*CREATE, rc=1), "az provider register --namespace Microsoft.Storage")
    arm.fail("POST", "checkNameAvailability", 200)
    conflicts(account(*CREATE, rc=1), "not registered for Microsoft.Storage", "az provider register --namespace Microsoft.Storage")


def test_a_group_that_is_being_deleted(account, arm):
    account(*CREATE)
    arm.groups["maps-rg"]["properties"]["provisioningState"] = "Deleting"
    conflicts(account(*CREATE, rc=5), "is being deleted", "another --group")


def test_a_region_that_is_not_there(account, arm):
    conflicts(account(*CREATE, "--location", "westeurop", rc=2), "westeurop", "did you mean --location westeurope?")


def test_a_policy_that_forbids_it(account, arm):
    info = [{"type": "PolicyViolation", "info": {"policyAssignmentDisplayName": "No public blobs", "policyDefinitionDisplayName": "x"}}]
    arm.fail("PUT", "storageAccounts/mymaps", 403, "RequestDisallowedByPolicy", error={"additionalInfo": info})
    conflicts(account(*CREATE, rc=4), "a policy forbids it: 'No public blobs'", "exemption")


def test_a_role_that_is_missing(account, arm):
    arm.roles = False
    conflicts(account(*CREATE, rc=4), "does not have authorization", f"--assignee {CLIENT} --scope /subscriptions/{SUBSCRIPTION}\n")


def test_who_may_work_in_one_group_only_needs_no_more(account, arm):
    arm.groups["maps-rg"] = {"id": "x", "name": "maps-rg", "location": "westeurope", "properties": {"provisioningState": "Succeeded"}}
    arm.fail("POST", "checkNameAvailability", 403, "AuthorizationFailed")
    account(*CREATE, "--subscription", SUBSCRIPTION)
    assert sent(arm.changes()) == [("PUT", "mymaps")]


def test_a_login_that_is_refused(account, arm):
    result = account(*CREATE, rc=4, env={"AZURE_CLIENT_SECRET": "not-the-secret"})
    assert "AADSTS7000215" in result.err and "not-the-secret" not in result.text, result
    assert arm.requests == []


def test_a_token_of_another_tenant(account, arm):
    arm.fail("GET", "resourcegroups", 401, "InvalidAuthenticationTokenTenant", times=9)
    conflicts(account(*CREATE, "--subscription", SUBSCRIPTION, rc=4), "AZURE_TENANT_ID")


def test_several_subscriptions_are_listed(account, arm):
    other = "89abcdef-89ab-cdef-0123-456789abcdef"
    arm.subscriptions[other] = "Second"
    conflicts(account(*CREATE, rc=2), "2 subscriptions", other, "(Second)", "--subscription")
    account(*CREATE, env={"AZURE_SUBSCRIPTION_ID": other})
    assert all(other in r.path for r in arm.changes())
    conflicts(account("account", "create", "--name", "other", "--group", "g", "--subscription", "00000000-0000-0000-0000-000000000000", rc=1), "az account list")


def test_a_pause_that_is_asked_for_is_kept(account, arm):
    arm.fail("PUT", "storageAccounts/mymaps", 429, "TooManyRequests", headers={"Retry-After": "2"})
    started = time.monotonic()
    events = account(*CREATE, "--json").events()
    assert time.monotonic() - started >= 2
    assert [e["pause"] for e in events if e["type"] == "waiting" and e["why"] == "throttled"] == [2]


def test_throttled_for_ever_ends_with_6(account, arm):
    arm.fail("PUT", "resourcegroups", 429, "TooManyRequests", headers={"Retry-After": "0"}, times=99)
    conflicts(account(*CREATE, rc=6), "too many requests (6 attempts)")


def test_an_error_of_the_server_is_tried_again(account, arm):
    arm.fail("PUT", "resourcegroups", 503, "ServerTimeout")
    account(*CREATE)


def test_nobody_answers_ends_with_6(account):
    result = account(*CREATE, "--subscription", SUBSCRIPTION, rc=6, env={"AZURE_RESOURCE_MANAGER_ENDPOINT": "https://127.0.0.1:9"})
    assert "127.0.0.1" in result.err


def test_a_token_goes_out_encrypted_or_not_at_all(account, arm):
    result = account(*CREATE, rc=2, env={"AZURE_RESOURCE_MANAGER_ENDPOINT": "http://management.example.com"})
    assert "AZURE_RESOURCE_MANAGER_ENDPOINT" in result.err and "unencrypted" in result.err
    assert arm.tokens == []


def test_an_operation_elsewhere_is_not_followed(account, arm, serve, tmp_path):
    web = serve(tmp_path)
    arm.fail("PUT", "storageAccounts/mymaps", 202, headers={"Location": f"{web.url}/operation", "Retry-After": "0"})
    conflicts(account(*CREATE, rc=1), "points outside the Resource Manager")
    assert web.requests == []


def test_a_certificate_nobody_vouches_for_is_refused(account, arm, tmp_path):
    (tmp_path / "none.pem").write_text("")
    result = account(*CREATE, rc={4, 6}, env={"SSL_CERT_FILE": tmp_path / "none.pem"})
    assert arm.tokens == [] and "certificate" in result.err.lower(), result


# Ctrl-C


def test_ctrl_c_ends_at_once_and_the_same_command_goes_on(account, arm):
    arm.pause, arm.polls = 30, 1
    process = subprocess.Popen([BINARY, *FULL], env=environment(arm.environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: any(r.path == ACCOUNT and r.method == "PUT" for r in arm.requests))
    time.sleep(0.2)
    stopped = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - stopped < 1
    assert "swath account create --name mymaps" in err and not any(s in out + err for s in SECRETS)
    arm.pause = 0
    for _ in range(2):
        arm.answer("GET", arm_operation(arm), None)
    arm.forget()
    account(*FULL)
    assert sent(arm.changes()) == [("PUT", "catalog"), ("PUT", "default")], "the group and the account are there"


def arm_operation(arm):
    return next(iter(arm.operations))


def until(condition, seconds=10):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)


# Showing and deleting


def test_show_says_what_it_is(account, arm):
    account(*FULL, "--sku", "Standard_RAGRS")
    for n in range(5):
        account(*CREATE, "--container", f"more-{n}") if n == 0 else arm.answer("PUT", f"{ACCOUNT}/blobServices/default/containers/more-{n}", {})
    text = account("account", "show", "--name", "mymaps").out
    for word in ["maps-rg", "westeurope", "6 copies", "mymaps-secondary", "https only", "TLS 1.2", "catalog", "more-4", "Content-Range"]:
        assert word in text, text
    (event,) = (e for e in account("account", "show", "--name", "mymaps", "--json").events() if e["type"] == "account")
    assert len(event["containers"]) == 6 and event["sku"] == "Standard_RAGRS" and event["cors"][0]["origins"] == ["*"]


@pytest.mark.parametrize("verb", ["show", "delete"])
def test_what_is_not_there_is_said(account, verb):
    assert "there is none in this subscription" in account("account", verb, "--name", "nothere", rc=1).err
    assert "there is none in this subscription" in account("account", verb, "--name", "nothere", "--group", "no-rg", rc=1).err


def test_delete_names_what_is_lost_and_wants_yes(account, arm, azurite):
    arm.blobs, arm.key = azurite.url.rsplit("/", 1)[0] + "/{account}/", azurite.key
    name = azurite.client.account_name
    create = ["account", "create", "--name", name, "--group", "maps-rg"]
    for container, blobs in [("counted", 3), ("single", 1)]:
        account(*create, "--container", container)
        client = azurite.client.create_container(container)
        for n in range(blobs):
            client.upload_blob(f"{n}.tif", b"x")
    arm.forget()
    result = account("account", "delete", "--name", name, rc=2)
    assert "container counted: 3 blobs" in result.err and "container single: 1 blob\n" in result.err, result
    assert "--yes" in result.err and arm.changes() == []
    quiet = account("-q", "account", "delete", "--name", name, "--yes")
    assert sent(arm.changes()) == [("DELETE", name)] and "3 blobs" in quiet.err
    assert name not in arm.accounts and "maps-rg" in arm.groups


def test_deleting_the_group_says_what_else_is_in_it(account, arm):
    account(*CREATE)
    arm.others["maps-rg"] = [{"name": "model-vm", "type": "Microsoft.Compute/virtualMachines"}]
    dry = account("account", "delete", "--name", "mymaps", "--group-too", "--dry-run")
    assert "model-vm (Microsoft.Compute/virtualMachines)" in dry.err
    assert f"az group delete --name maps-rg --subscription {SUBSCRIPTION} --yes" in dry.out
    arm.forget()
    account("account", "delete", "--name", "mymaps", "--group-too", "--yes")
    assert sent(arm.changes()) == [("DELETE", "maps-rg")] and arm.groups == {} and arm.accounts == {}


def test_blobs_that_are_held_are_not_deleted(account, arm):
    account(*FULL)
    arm.accounts["mymaps"]["containers"]["catalog"]["properties"]["hasLegalHold"] = True
    conflicts(account("account", "delete", "--name", "mymaps", "--yes", rc=5), "legal hold")


@pytest.mark.parametrize("typed, rc", [("mymaps", 0), ("y", 2), ("", 2)])
def test_a_terminal_is_asked_for_the_name(account, arm, typed, rc):
    account(*CREATE)
    main, other = pty.openpty()
    process = subprocess.Popen([BINARY, "account", "delete", "--name", "mymaps"], env=environment(arm.environment), stdin=other, stdout=other, stderr=other)
    os.close(other)
    said = []

    def read():
        while True:
            try:
                part = os.read(main, 4096)
            except OSError:
                return
            if not part:
                return
            said.append(part.decode())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    until(lambda: "type mymaps" in "".join(said))
    os.write(main, typed.encode() + b"\n")
    assert process.wait(20) == rc
    reader.join(5)
    os.close(main)
    assert ("mymaps" not in arm.accounts) == (rc == 0), "".join(said)


def test_no_secret_is_on_a_command_line_or_in_a_request_line(account, arm):
    account("-vv", *FULL)
    assert arm.tokens and all("client_secret" not in t for t in arm.tokens)
    assert not any(re.search(r"[?&](sig|secret|token)=", r.path) for r in arm.requests) and CLIENT in str(arm.tokens)
