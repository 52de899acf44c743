"""Who we are, in one order everywhere: asked late, asked once, renewed in time, and never shown."""
import re
import shutil
import threading
import time

import pytest

from support import rasters
from support.entra import SECRET, Az, token
from support.files import tree
from support.relay import Relay
from support.run import CANARY, SECRETS

NAMES = iter(f"creds{n}" for n in range(1000))


@pytest.fixture(scope="session")
def few(swath, tmp_path_factory):
    """A plan with a build of four small tiles."""
    folder = tmp_path_factory.mktemp("few")
    for n in range(4):
        rasters.write(folder / f"raw/map_t{n:03}.tif", rasters.noise((64, 64), seed=n), origin=(500_000 + 27_000 * n, 5_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder)
    return folder


@pytest.fixture
def private(azurite_https, certificate, login):
    """A private container of an account that takes bearer tokens, and what the environment needs to know of both."""
    name = next(NAMES)
    azurite_https.client.create_container(name)
    known = {"SSL_CERT_FILE": str(certificate.authority), "AZURE_STORAGE_ACCOUNT": "swathtest"}
    return f"{azurite_https.url}/{name}", known


def kinds(login, tmp_path):
    az = Az(tmp_path / "az", answer={"accessToken": token(), "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"})
    return {
        "principal": (login.principal(), lambda: len(login.asked)),
        "workload": (login.workload(tmp_path / "federated"), lambda: len(login.asked)),
        "machine": (login.machine(), lambda: len(login.asked)),
        "platform": (login.platform(), lambda: len(login.asked)),
        "az": (login.nobody() | {"PATH": az.path}, az.count),
    }


@pytest.mark.parametrize("kind", ["principal", "workload", "machine", "platform", "az"])
def test_every_identity_publishes_and_reads_with_one_token(swath, few, private, login, tmp_path, kind):
    url, known = private
    env, count = kinds(login, tmp_path)[kind]
    swath("publish", url, cwd=few, env=env | known)
    assert count() == 1, "many requests at once asked for more than one token"
    result = swath("search", url, "--json", env=env | known)
    assert '"map_t003' in result.out or "t003" in result.out, result
    assert count() == 2
    if kind != "az":
        assert {who for who, _ in login.asked} == {kind}
        assert {scope.removesuffix("/.default") for _, scope in login.asked} == {"https://storage.azure.com"}


def test_identities_are_asked_in_their_order(swath, few, private, login, tmp_path):
    url, known = private
    az = Az(tmp_path / "az", answer={"accessToken": token(), "expires_on": int(time.time()) + 3600})
    env = login.machine(PATH=az.path) | login.workload(tmp_path / "federated", PATH=az.path) | {"AZURE_POD_IDENTITY_AUTHORITY_HOST": login.url} | known
    env |= {"AZURE_CLIENT_SECRET": SECRET}
    for who, without in [("principal", "AZURE_CLIENT_SECRET"), ("workload", "AZURE_FEDERATED_TOKEN_FILE"), ("machine", "AZURE_POD_IDENTITY_AUTHORITY_HOST")]:
        swath("publish", url, cwd=few, env=env)
        assert [asked for asked, _ in login.asked] == [who] and az.count() == 0
        login.asked.clear()
        env[without] = "http://127.0.0.1:9" if who == "machine" else None
    swath("publish", url, cwd=few, env=env)
    assert login.asked == [] and az.count() == 1


def test_a_public_container_is_read_without_asking_anybody(swath, few, azurite_https, certificate, login, tmp_path):
    name = next(NAMES)
    azurite_https.client.create_container(name, public_access="container")
    url, az = f"{azurite_https.url}/{name}", Az(tmp_path / "az")
    known = {"SSL_CERT_FILE": str(certificate.authority), "AZURE_STORAGE_ACCOUNT": "swathtest"}
    swath("publish", url, cwd=few, env=login.principal() | known)
    login.asked.clear()
    for env in (login.principal(), login.machine(PATH=az.path)):
        started = time.monotonic()
        swath("search", url, env=env | known)
        swath("info", f"{url}/{first_asset(few)}", env=env | known)
        assert time.monotonic() - started < 6
    assert login.asked == [] and az.count() == 0


def first_asset(few):
    return next(name for name in sorted(tree(few / "build")) if name.endswith(".tif"))


def test_nobody_to_ask_is_told_soon_and_whole(swath, few, private, login, tmp_path):
    url, known = private
    started = time.monotonic()
    result = swath("publish", url, cwd=few, env=login.nobody() | known, rc=4)
    assert time.monotonic() - started < 10
    for part in ("AZURE_CLIENT_SECRET is not set", "nothing answers at 127.0.0.1:9", "az is not installed", "AZURE_STORAGE_SAS_TOKEN"):
        assert part in result.err, result
    az = Az(tmp_path / "az")
    result = swath("search", url, env=login.nobody() | known | {"PATH": az.path}, rc=4)
    assert "az has nobody logged in" in result.err and "az login" in result.err, result


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"AZURE_TENANT_ID": None}, "AZURE_TENANT_ID is not"),
        ({"AZURE_CLIENT_ID": None, "AZURE_TENANT_ID": None}, "AZURE_TENANT_ID and AZURE_CLIENT_ID are not"),
        ({"AZURE_CLIENT_SECRET": "wrong-" + CANARY}, "AADSTS7000215: Invalid client secret provided."),
        ({"AZURE_CLIENT_SECRET": None, "AZURE_CLIENT_CERTIFICATE_PATH": "/x.pem"}, "certificate is not supported"),
        ({"AZURE_AUTHORITY_HOST": "http://login.example.com"}, "unencrypted"),
        ({"AZURE_AUTHORITY_HOST": "http://127.0.0.1:9"}, "no token could be asked for"),
    ],
)
def test_an_identity_that_is_set_up_wrongly_says_what_is_wrong(swath, few, private, login, change, said):
    url, known = private
    env = login.principal() | known | change
    code = {"unencrypted": 2, "no token could be asked for": 6}.get(said, 4)
    result = swath("publish", url, cwd=few, env=env, rc=code)
    assert said in result.err, result
    assert CANARY not in result.text


def test_the_first_of_the_order_is_used_and_nobody_after_it(swath, few, azurite_https, private, login, tmp_path):
    url, known = private
    container = url.rsplit("/", 1)[1]
    az = Az(tmp_path / "az")
    sas, key = azurite_https.container_sas(container, "racwl"), azurite_https.key
    file = tmp_path / "good.sas"
    file.write_text(sas)
    bad = "sv=2022-11-02&sr=c&sp=racwl&se=2099-01-01T00:00:00Z&sig=bm90IHRoaXMgb25lLCBpdCBpcyBub3QgYSBrZXkhISE%3D"
    connection = f"AccountName=swathtest;AccountKey={key};BlobEndpoint={azurite_https.url}"
    broken = "AccountName=swathtest;AccountKey=bm90IGEga2V5;BlobEndpoint=" + azurite_https.url
    base = login.principal(PATH=az.path) | known
    for argv, env in [
        (["--sas-file", file], {"AZURE_STORAGE_SAS_TOKEN": bad, "AZURE_STORAGE_KEY": "bm90IGEga2V5", "AZURE_STORAGE_CONNECTION_STRING": broken}),
        ([], {"AZURE_STORAGE_SAS_TOKEN": sas, "AZURE_STORAGE_KEY": "bm90IGEga2V5", "AZURE_STORAGE_CONNECTION_STRING": broken}),
        ([], {"AZURE_STORAGE_KEY": key, "AZURE_STORAGE_CONNECTION_STRING": broken}),
        ([], {"AZURE_STORAGE_CONNECTION_STRING": connection}),
    ]:
        swath("publish", url, *argv, cwd=few, env=base | env)
    assert login.asked == [] and az.count() == 0
    swath("search", url, env=base | {"AZURE_STORAGE_SAS_TOKEN": bad}, rc=4)
    assert login.asked == [], "a token that is refused is not replaced by somebody else's identity"
    for argv in (["search", f"{url}?{sas}"], ["search", url, "--sas-file", file], ["info", f"{url}/{first_asset(few)}", "--sas-file", file]):
        swath(*argv, env=base | {"AZURE_STORAGE_SAS_TOKEN": bad})


@pytest.mark.parametrize(("life", "told", "wait"), [(4, 3600, 4.5), (6, 6, 3.5)])
def test_a_token_is_renewed_after_half_its_life_or_when_it_is_refused(swath, few, private, azurite_https, login, life, told, wait):
    """Azurite refuses a lapsed token. The first is said to hold longer than it does: only the refusal tells."""
    url, known = private
    login.life, login.told = life, told
    slow = Slow(azurite_https.url, seconds=wait, verb="PUT", nth=3)
    before = len(azurite_https.log)
    try:
        swath("publish", f"{slow.url}/{url.rsplit('/', 1)[1]}", cwd=few, env=login.principal() | known)
    finally:
        slow.close()
    refused = [line for line in azurite_https.log[before:] if re.search(r'"(PUT|DELETE) .* 40[13] ', line)]
    assert len(login.asked) >= 2 and bool(refused) == (told > life), (login.asked, refused)


class Slow(Relay):
    """One request waits."""

    def __init__(self, url, seconds, verb, nth):
        self.left, self.lock = nth, threading.Lock()
        self.seconds, self.verb, self.hook = seconds, verb, lambda: None
        super().__init__(url, self.wait)

    def wait(self, method, path):
        with self.lock:
            self.left -= method == self.verb
            mine = method == self.verb and self.left == 0
        if mine:
            time.sleep(self.seconds)
            self.hook()


def test_a_renewed_sas_file_lets_the_job_go_on(swath, few, azurite, tmp_path):
    name, file = next(NAMES), tmp_path / "token.sas"
    azurite.client.create_container(name)
    file.write_text(azurite.container_sas(name, "racwl", hours=5 / 3600))
    slow = Slow(azurite.url, seconds=5.5, verb="PUT", nth=3)
    slow.hook = lambda: file.write_text(azurite.container_sas(name, "racwl"))
    try:
        swath("publish", f"{slow.url}/{name}", "--sas-file", file, cwd=few)
    finally:
        slow.close()
    swath("check", "build", cwd=few)


def test_a_sas_that_lapses_ends_the_job_with_its_time_and_a_new_one_resumes(swath, few, azurite, tmp_path):
    name, file = next(NAMES), tmp_path / "token.sas"
    azurite.client.create_container(name)
    file.write_text(azurite.container_sas(name, "racwl", hours=5 / 3600))
    slow = Slow(azurite.url, seconds=5.5, verb="PUT", nth=5)
    try:
        result = swath("publish", f"{slow.url}/{name}", "--sas-file", file, cwd=few, rc=4)
        assert "expired at 20" in result.err and "ago" in result.err, result
        there = len(azurite.blobs(name))
        file.write_text(azurite.container_sas(name, "racwl"))
        before = azurite.changes()
        result = swath("publish", f"{slow.url}/{name}", "--sas-file", file, cwd=few)
        whole = len(azurite.blobs(name))
        assert 0 < there < whole and azurite.changes() - before <= whole - there + 1, result
    finally:
        slow.close()


def test_no_secret_is_seen_by_anybody(swath, few, private, login, tmp_path):
    """Not at the highest verbosity, not in JSON, not in an error, not on the command line of a child, not in a file."""
    url, known = private
    made = token()
    az = Az(tmp_path / "az", answer={"accessToken": made, "expires_on": int(time.time()) + 3600})
    env = login.nobody() | known | {"PATH": az.path}
    copy = tmp_path / "few"
    shutil.copytree(few, copy)
    for argv in (["publish", url, "-vv"], ["publish", url, "--json", "-vv"], ["search", url, "-vv"], ["search", f"{url}/none", "-vv"]):
        swath(*argv, cwd=copy, env=env, rc=None)
    seen = az.seen.read_bytes().decode(errors="replace")
    assert "get-access-token" in seen and "publish" in seen
    swath("publish", url, "-vv", cwd=copy, env=login.principal() | known)
    written = [path for path in copy.rglob("*") if path.is_file() and path.suffix != ".tif"]
    texts = [seen] + [path.read_text(errors="replace") for path in written]
    for secret in SECRETS | {SECRET, made}:
        assert not any(secret in text for text in texts), "a secret was written down"
