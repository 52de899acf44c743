"""Fixtures: where things are, servers, and one build of the Landsat scenes that many tests read."""
import os
import pathlib
import shutil

import pytest

from support import azurite as azurite_server
from support import canary
from support import certificate as certificates
from support import entra
from support import moto as moto_server
from support import run as runner
from support import scenes as generated_scenes
from support import versions
from support.catalog import open_catalog
from support.files import copy_writable
from support.http import RangeServer


def pytest_report_header():
    return f"swath: {runner.BINARY}"


@pytest.fixture(autouse=True)
def no_file_holds_a_secret(request):
    """Files that a run left in the test's own folder."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder:
        canary.search_folder(folder)


@pytest.fixture(scope="session", autouse=True)
def nothing_of_the_session_holds_a_secret(tmp_path_factory):
    """What fixtures of several tests left, and what was stored in Azurite."""
    yield
    canary.search_folder(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def swath():
    assert runner.BINARY.is_file(), f"{runner.BINARY} is missing; `cargo build --release` makes it"
    return runner.swath


def data_folder():
    return pathlib.Path(os.environ.get("SWATH_SHARED") or runner.ROOT.parent / "shared").resolve()


@pytest.fixture(scope="session")
def shared():
    """The folder with the large sample rasters and the schemas; without it the test does not run."""
    folder = data_folder()
    if not (folder / "data").is_dir():
        pytest.skip("not run: ../shared is absent")
    return folder


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """Raw Landsat scenes: the real ones where the sample data is at hand, else such as they are."""
    folder = data_folder() / "data/landsat8_ny_2018"
    return folder if folder.is_dir() else generated_scenes.write(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="session")
def built(swath, scenes, tmp_path_factory):
    """A folder with raw Landsat scenes, the plan that `init` wrote, and `build`; for reading only."""
    folder = tmp_path_factory.mktemp("landsat")
    copy_writable(scenes, folder / "raw")
    swath("init", "raw", cwd=folder)
    swath("build", cwd=folder, timeout=300)
    return folder


@pytest.fixture(scope="session")
def catalog(built):
    return open_catalog(built / "build")


@pytest.fixture(scope="session")
def published(swath, built):
    swath("publish", built / "published", cwd=built)
    return built / "published"


@pytest.fixture
def mutable(built, tmp_path):
    """A copy of the Landsat build that a test may damage."""
    shutil.copytree(built / "build", tmp_path / "build")
    return tmp_path / "build"


@pytest.fixture
def serve():
    """serve(folder) -> RangeServer, closed when the test ends."""
    servers = []

    def start(folder):
        servers.append(RangeServer(folder))
        return servers[-1]

    yield start
    for server in servers:
        for request in server.requests:
            assert not canary.seen_in(f"{request.query} {request.headers}"), f"a credential was sent to a foreign host: {request.path}"
        server.close()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory):
    if not os.path.isfile(azurite_server.MAIN):
        pytest.skip("not run: Azurite is absent; `make test` installs it")
    server = azurite_server.Azurite(tmp_path_factory.mktemp("azurite"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """For 127.0.0.1, and the authority that signed it (`SSL_CERT_FILE` makes it known)."""
    return certificates.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def azurite_https(certificate, tmp_path_factory):
    """One that speaks https and takes bearer tokens."""
    if not os.path.isfile(azurite_server.MAIN):
        pytest.skip("not run: Azurite is absent; `make test` installs it")
    server = azurite_server.Azurite(tmp_path_factory.mktemp("azurite-https"), certificate)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def memory():
    """An Azurite that forgets all when it ends, with a SAS for everything."""
    if not os.path.isfile(azurite_server.MAIN):
        pytest.skip("not run: Azurite is absent; `make test` installs it")
    server = azurite_server.Azurite()
    server.sas = server.account_sas()
    yield server
    server.stop()


@pytest.fixture
def login():
    """Microsoft Entra and a machine's metadata service, as far as they give tokens."""
    server = entra.TokenServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def old(swath, tmp_path_factory):
    """The first version of a small catalog; for reading only, as is the second."""
    return versions.first(swath, tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="session")
def new(swath, old, tmp_path_factory):
    return versions.second(swath, old, tmp_path_factory.mktemp("second") / "x")


@pytest.fixture(scope="session")
def moto():
    """An S3 server that checks no signatures."""
    pytest.importorskip("moto", reason="not run: moto is absent; `make test` installs it")
    server = moto_server.Moto()
    yield server
    server.stop()
