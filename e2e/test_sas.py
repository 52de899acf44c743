"""Tokens: made as Azure's own library makes them, explained in plain words, taken back."""
import datetime
import os
import stat
import subprocess
import urllib.parse

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import AccessPolicy, BlobServiceClient, ContainerClient, ContainerSasPermissions
from azure.storage.blob._shared.shared_access_signature import SharedAccessSignature
from azure.storage.blob._shared_access_signature import BlobSharedAccessSignature

from support.azurite import ACCOUNT
from support.canary import remember_sas as remember
from support.entra import token
from support.run import BINARY, environment

NAMES = iter(f"sas{n}" for n in range(1000))
READ, PUBLISH = "rl", "racwl"


def fields(sas):
    return dict(urllib.parse.parse_qsl(sas.strip(), strict_parsing=True))


def made(result):
    """The token on stdout, which is all that stdout holds."""
    (line,) = result.out.splitlines()
    # Its own run shows it by right; every run after this one may not.
    return remember(line)


def reference(kind, account_key, container, given, key=None):
    """The same token from azure-storage-blob, for the version that ours names."""
    common = {"ip": given.get("sip"), "protocol": given.get("spr"), "start": given.get("st")}
    if kind == "account":
        maker = SharedAccessSignature(ACCOUNT, account_key)
        maker.x_ms_version = given["sv"]
        return maker.generate_account(given["ss"], given["srt"], given["sp"], given["se"], **common)
    maker = BlobSharedAccessSignature(ACCOUNT, None if key else account_key, user_delegation_key=key)
    maker.x_ms_version = given["sv"]
    return maker.generate_container(container, permission=given.get("sp"), expiry=given.get("se"), policy_id=given.get("si"), **common)


class Holder:
    """Whoever Azurite believes us to be."""

    def get_token(self, *_, **__):
        return AccessToken(token(), 4102444800)


def delegation_key(url, authority, given):
    """The key that Azurite gave for these times: the same for the same question."""
    start, end = (datetime.datetime.strptime(given[name], "%Y-%m-%dT%H:%M:%SZ") for name in ("skt", "ske"))
    return BlobServiceClient(url, credential=Holder(), connection_verify=str(authority)).get_user_delegation_key(start, end)


@pytest.mark.parametrize("purpose", ["read", "publish", "prune"])
@pytest.mark.parametrize("kind", ["service", "policy", "account", "user-delegation"])
def test_each_kind_equals_the_reference_and_is_accepted(swath, azurite_https, certificate, login, kind, purpose):
    server, name = azurite_https, next(NAMES)
    client = server.client.create_container(name)
    client.upload_blob("there.json", b"{}")
    url = f"{server.url}/{name}"
    env = login.principal() | {"AZURE_STORAGE_ACCOUNT": ACCOUNT, "SSL_CERT_FILE": str(certificate.authority)}
    if kind != "user-delegation":
        env |= {"AZURE_STORAGE_KEY": server.key}
    how = ["--policy", "a & b"] if kind == "policy" else ["--kind", kind]
    sas = made(swath("sas", "create", url, "--for", purpose, *how, "--ip", "127.0.0.1-127.0.0.9", env=env))
    given = fields(sas)
    key = delegation_key(server.url, certificate.authority, given) if kind == "user-delegation" else None
    assert given == fields(reference(kind, server.key, name, given, key))
    assert given["spr"] == "https" and "st" not in given
    if kind == "policy":
        (policy,) = client.get_container_access_policy()["signed_identifiers"]
        assert policy.id == "a & b" and set(policy.access_policy.permission) == set({"read": "rl", "publish": "racwl", "prune": "racwdl"}[purpose])
    else:
        assert set(given["sp"]) == set({"read": "rl", "publish": "racwl", "prune": "racwdl"}[purpose])

    holder = ContainerClient.from_container_url(f"{url}?{sas}", connection_verify=str(certificate.authority))
    assert [b.name for b in holder.list_blobs()] == ["there.json"] and holder.download_blob("there.json").readall() == b"{}"
    if purpose == "read":
        with pytest.raises(HttpResponseError):
            holder.upload_blob("new.json", b"1")
    else:
        holder.upload_blob("new.json", b"1")
    if purpose == "prune":
        holder.delete_blob("there.json")
    else:
        with pytest.raises(HttpResponseError):
            holder.delete_blob("there.json")


def keyed(azurite):
    return {"AZURE_STORAGE_SAS_TOKEN": None, "AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_KEY": azurite.key}


def container(azurite, **more):
    name = next(NAMES)
    return azurite.client.create_container(name, **more), f"{azurite.url}/{name}"


def test_a_token_goes_into_a_file_for_its_owner_alone_and_replaces_none_unasked(swath, azurite, tmp_path):
    client, url = container(azurite)
    client.upload_blob("x.json", b"{}")
    file, env = tmp_path / "t.sas", keyed(azurite)
    old_mask = os.umask(0)
    try:
        result = swath("sas", "create", url, "--kind", "service", "-o", file, env=env)
    finally:
        os.umask(old_mask)
    assert result.out == "" and stat.S_IMODE(file.stat().st_mode) == 0o600
    first = remember(file.read_text())
    assert fields(first).get("spr") is None, "an emulator without a certificate is spoken to in the clear"
    swath("sas", "create", url, "--kind", "service", "-o", file, env=env, rc=5)
    assert file.read_text() == first
    swath("sas", "create", url, "--kind", "service", "--expires", "2h", "-o", file, "--replace", env=env)
    assert fields(remember(file.read_text()))["se"] > fields(first)["se"] and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--expires", "8d"], 2, "at most 7 days"),
        (["--expires", "2001-01-01"], 2, "expired already"),
        (["--expires", "soon"], 2, "no time"),
        (["--kind", "user-delegation", "--policy", "p"], 2, "service SAS only"),
        (["--kind", "service", "--ip", "10.0.0"], 2, "no address"),
        ([], 4, "signed for an identity"),
    ],
)
def test_what_azure_would_refuse_later_is_refused_at_once(swath, azurite, argv, code, said):
    name = next(NAMES)
    result = swath("sas", "create", f"{azurite.url}/{name}", *argv, env=keyed(azurite), rc=code)
    assert said in result.err and result.out == "", result
    assert not any(name in line for line in azurite.log), "something was sent"


def test_policies_of_others_are_kept_and_a_revoked_one_ends_its_tokens(swath, azurite):
    client, url = container(azurite, public_access="blob")
    client.upload_blob("x.json", b"{}")
    later = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    others = {f"other {n}": AccessPolicy(ContainerSasPermissions(read=True), later) for n in range(4)}
    client.set_container_access_policy(others, public_access="blob")
    env = keyed(azurite)
    sas = made(swath("sas", "create", url, "--policy", "readers", "--expires", "30d", env=env))
    assert set(fields(sas)) == {"sv", "sr", "si", "sig"}
    listed = client.get_container_access_policy()
    assert {p.id for p in listed["signed_identifiers"]} == set(others) | {"readers"} and listed["public_access"] == "blob"
    ends = {p.id: str(p.access_policy.expiry) for p in listed["signed_identifiers"]}
    assert all(end.startswith("2030-01-01") for name, end in ends.items() if name != "readers")
    full = swath("sas", "create", url, "--policy", "sixth", env=env, rc=5)
    assert "at most 5" in full.err
    other = swath("sas", "create", url, "--policy", "readers", "--for", "publish", env=env, rc=5)
    assert "sp=racwl is wanted" in other.err

    holder = ContainerClient.from_container_url(f"{url}?{sas}")
    assert len(list(holder.list_blobs())) == 1
    swath("sas", "revoke", url, "--policy", "readers", env=env)
    with pytest.raises((ClientAuthenticationError, HttpResponseError)):
        list(holder.list_blobs())
    assert {p.id for p in client.get_container_access_policy()["signed_identifiers"]} == set(others)
    gone = swath("sas", "revoke", url, "--policy", "readers", env=env, rc=1)
    assert "'other 0'" in gone.err
    unnamed = swath("sas", "revoke", url, env=env, rc=2)
    assert f"az storage account revoke-delegation-keys --name {ACCOUNT}" in unnamed.err


SIGNATURE = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZISE%3D"
SOON = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
FINE = f"sv=2022-11-02&sr=c&sp=rl&se={SOON}&spr=https&sig={SIGNATURE}"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (FINE, 0, "one container"),
        (f"https://acct.blob.core.windows.net/maps?{FINE}", 0, "'maps' of the account 'acct'"),
        (f"https://acct.blob.core.windows.net/maps??{FINE}", 3, "two '?'"),
        (f"https://acct.blob.core.windows.net/maps{FINE}", 3, "no '?'"),
        (f"https://acct.blob.core.windwos.net/maps?{FINE}", 3, "windows.net"),
        (FINE.replace("%3D", "%253D"), 3, "encoded twice"),
        (FINE.replace("&sp", "\n&sp"), 3, "line break"),
        (FINE.replace("ISE%3D", ""), 4, "not whole"),
        (FINE.replace("sp=rl", "sp=racwdl"), 3, "delete (d)"),
        (FINE.replace(SOON, "2001-01-01T00:00:00Z"), 4, "expired"),
        (f"st=2098-01-01T00:00:00Z&{FINE}".replace(SOON, "2099-01-01T00:00:00Z"), 4, "valid only from"),
        (f"http://acct.blob.core.windows.net/maps?{FINE}", 4, "https only"),
        (FINE.replace("sr=c", "ss=b&srt=s"), 4, "srt=o"),
        ("hello", 4, "no signature"),
    ],
)
def test_a_token_is_explained_and_its_signature_is_not_shown(swath, tmp_path, text, code, said):
    file = tmp_path / "t.sas"
    file.write_text(text)
    result = swath("sas", "explain", "--sas-file", file, rc=code)
    assert said in result.text, result
    whole = swath("sas", "explain", "--sas-file", file, "--json", rc=code)
    assert "Q0FOQVJ" not in result.text + whole.text
    event = next(e for e in whole.events() if e["type"] == "sas")
    assert event["verdict"] == {0: "note", 3: "problem", 4: "unusable"}[code]


def test_a_token_is_read_from_where_it_is_least_seen(swath, tmp_path):
    """The environment's by default; a pipe; an argument too, but with a warning."""
    by_default = swath("sas", "explain", rc={0, 3})
    assert "AZURE_STORAGE_SAS_TOKEN" in by_default.err and "account SAS" in by_default.out
    piped = subprocess.run([BINARY, "sas", "explain", "-"], input=FINE.encode(), capture_output=True, env=environment(), timeout=30)
    assert piped.returncode == 0 and b"service SAS" in piped.stdout and b"Q0FOQVJ" not in piped.stdout + piped.stderr
    typed = swath("sas", "explain", FINE)
    assert "history" in typed.err and "Q0FOQVJ" not in typed.text
    missing = swath("sas", "explain", "--for", "publish", "--sas-file", write(tmp_path, FINE), rc=3)
    assert "lacks write (w)" in missing.out
    elsewhere = swath("sas", "explain", "--at", "https://acct.blob.core.windows.net/other", "--sas-file", write(tmp_path, f"https://acct.blob.core.windows.net/maps?{FINE}"), rc=4)
    assert "'maps', not 'other'" in elsewhere.out


def write(folder, text):
    file = folder / "again.sas"
    file.write_text(text)
    return file
