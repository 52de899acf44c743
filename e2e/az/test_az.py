"""The real `az` against the Resource Manager that swath's own tests use: it keeps the stub honest, and swath's requests equal to its own.

Run by `make test-az`, which installs `az`; each of its calls takes seconds.
"""
import json
import os
import pathlib
import shlex
import subprocess
import tempfile

import pytest

from support.arm import CLIENT, SUBSCRIPTION, TENANT, Arm
from support.run import SECRETS

AZ = os.environ.get("SWATH_AZ", "")
pytestmark = pytest.mark.skipif(not AZ, reason="not run: `make test-az` installs az and runs it")
CREATE = ["account", "create", "--name", "mymaps", "--group", "maps-rg"]

#: Every way in which what az sends may differ from what swath sends, and why. All else is equal.
ALLOWED = {
    "service": "az reads the blob service before it writes it and sends its other properties along; a plan made from nothing has none to send",
    "update": "az reads the account and sends all of it back; a PATCH changes what it names, so swath names what changes and nothing else",
    "case": "az spells a container's access in small letters; swath as the specification does (`Blob`)",
}


class Az:
    """`az` with a configuration of its own, logged in at a stub."""

    def __init__(self, arm, folder):
        self.arm = arm
        self.environment = {
            "PATH": os.pathsep.join([str(pathlib.Path(AZ).parent), os.environ["PATH"]]),
            "HOME": str(folder),
            "AZURE_CONFIG_DIR": str(folder / "azure"),
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_NO_COLOR": "true",
            "REQUESTS_CA_BUNDLE": str(arm.authority),
            "LC_ALL": "C.UTF-8",
        }
        endpoints = {
            "resource-manager": arm.url,
            "active-directory": arm.url,
            "active-directory-resource-id": f"{arm.url}/",
            "active-directory-graph-resource-id": f"{arm.url}/",
            "management": f"{arm.url}/",
        }
        flags = [word for name, url in endpoints.items() for word in (f"--endpoint-{name}", url)]
        self("cloud", "register", "--name", "here", "--skip-endpoint-discovery", *flags, "--suffix-storage-endpoint", "core.windows.net")
        self("cloud", "set", "--name", "here")
        self("login", "--service-principal", "--username", CLIENT, "--password", arm.secret, "--tenant", TENANT)

    def __call__(self, *args, rc=0):
        done = subprocess.run([AZ, *args, "--only-show-errors"], env=self.environment, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
        assert done.returncode == rc, f"az {shlex.join(args)}\nexit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done

    def run(self, command):
        """A command as a dry run of swath prints it, by a shell."""
        done = subprocess.run(["bash", "-c", command], env=self.environment, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


@pytest.fixture
def arm(tmp_path):
    server = Arm(tmp_path)
    # A pause of nothing is taken for none named by az, which then waits for half a minute.
    server.pause, server.polls = 1, 1
    yield server
    server.close()


@pytest.fixture
def az(arm):
    """Its folder is not the test's: az keeps its own tokens there, which no search for swath's secrets has to find."""
    with tempfile.TemporaryDirectory() as folder:
        yield Az(arm, pathlib.Path(folder))


def steps(swath, arm, *args):
    events = swath(*args, "--dry-run", "--json", env=arm.environment).events()
    return next(e for e in events if e["type"] == "plan")["steps"]


def same(step, request, allowed=()):
    """Whether az sent what swath would send, but for the differences that are allowed."""
    assert not set(allowed) - ALLOWED.keys()
    ours, theirs = step["body"], request.body
    assert (step["method"], step["path"], step["api_version"]) == (request.method, request.path, request.api_version)
    if "service" in allowed:
        assert ours["properties"].keys() == {"cors"}
        theirs = {"properties": {"cors": theirs["properties"]["cors"]}}
    if "update" in allowed:
        theirs = {"properties": {name: theirs["properties"][name] for name in ours["properties"]}}
    if "case" in allowed:
        ours, theirs = ({"properties": body["properties"] | {"publicAccess": body["properties"]["publicAccess"].lower()}} for body in (ours, theirs))
    assert ours == theirs, f"{step['az']}\nswath {json.dumps(ours, indent=1)}\naz    {json.dumps(theirs, indent=1)}"


def allowed(step):
    """What may differ in a request that is planned while all before it is there."""
    if "publicAccess" in json.dumps(step["body"]):
        return ["case"]
    return ["update"] if step["method"] == "PATCH" else []


WISHES = [
    ["--container", "catalog", "--cors"],
    ["--container", "catalog", "--public", "--sku", "Standard_RAGRS", "--location", "northeurope", "--cors=https://maps.example.org,http://localhost:8000"],
]


@pytest.mark.parametrize("wish", WISHES)
def test_each_command_that_the_dry_run_prints_sends_the_request_beside_it(swath, arm, az, wish):
    from_nothing = steps(swath, arm, *CREATE, *wish)
    assert len(from_nothing) == 4
    for step in from_nothing:
        now = steps(swath, arm, *CREATE, *wish)[0]
        arm.forget()
        az.run(step["az"])
        (request,) = arm.changes()
        same(now, request, allowed(now))
        same(step, request, ["service"] if step["path"].endswith("/default") else allowed(step))
    arm.forget()
    swath(*CREATE, *wish, env=arm.environment)
    assert arm.changes() == [], "what az made is what swath wants"


def test_opening_and_deleting_are_the_same_too(swath, arm, az):
    swath(*CREATE, "--container", "catalog", env=arm.environment)
    planned = steps(swath, arm, *CREATE, "--container", "catalog", "--public")
    delete = ["account", "delete", "--name", "mymaps"]
    for step in [*planned, *steps(swath, arm, *delete), *steps(swath, arm, *delete, "--group-too")]:
        arm.forget()
        az.run(step["az"])
        (request,) = arm.changes()
        same(step, request, allowed(step))
        if step["method"] == "DELETE":
            swath(*CREATE, env=arm.environment)


def test_the_stub_bears_az_from_a_group_to_its_end(arm, az):
    az("group", "create", "--name", "maps-rg", "--location", "westeurope")
    az("storage", "account", "create", "--name", "mymaps", "--resource-group", "maps-rg", "--sku", "Standard_RAGRS", "--kind", "StorageV2")
    keys = json.loads(az("storage", "account", "keys", "list", "--account-name", "mymaps", "--resource-group", "maps-rg").stdout)
    assert keys[0]["value"] == arm.key
    az("storage", "container-rm", "create", "--storage-account", "mymaps", "--resource-group", "maps-rg", "--name", "catalog")
    names = [c["name"] for c in json.loads(az("storage", "container-rm", "list", "--storage-account", "mymaps").stdout)]
    assert names == ["catalog"]
    az("group", "delete", "--name", "maps-rg", "--yes")
    assert arm.groups == {} and arm.accounts == {}
    print(*arm.requests, sep="\n")


def test_what_azure_refuses_az_understands_as_well(arm, az):
    az("group", "create", "--name", "maps-rg", "--location", "westeurope")
    taken = az("storage", "account", "create", "--name", "maps", "--resource-group", "maps-rg", "--sku", "Standard_LRS", rc=1)
    assert "StorageAccountAlreadyTaken" in taken.stderr
    arm.fail("PUT", "storageAccounts", 403, "RequestDisallowedByPolicy", message="disallowed by policy")
    refused = az("storage", "account", "create", "--name", "mymaps", "--resource-group", "maps-rg", "--sku", "Standard_LRS", rc=1)
    assert "RequestDisallowedByPolicy" in refused.stderr


def test_swath_is_whom_az_login_is(swath, arm, az):
    swath(*CREATE, env=arm.environment)
    arm.forget()
    nowhere = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}
    env = az.environment | nowhere | {k: arm.environment[k] for k in ("AZURE_RESOURCE_MANAGER_ENDPOINT", "SSL_CERT_FILE")}
    assert SUBSCRIPTION in swath("account", "show", "--name", "mymaps", env=env).out
    assert arm.requests and not any(s in json.dumps([r.path for r in arm.requests]) for s in SECRETS)
