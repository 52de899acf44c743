"""A container of its own for each attempt to break a publication, with a proxy before it and a reader behind."""
import itertools

from .faults import FaultProxy
from .reader import Reader
from .run import start

MANIFEST = "swath.manifest.json"


class Place:
    """A container of its own behind a proxy of its own."""

    number = itertools.count()

    def __init__(self, azurite):
        self.azurite, self.name = azurite, f"kill{next(self.number)}"
        self.sas = azurite.sas
        self.env = {"AZURE_STORAGE_SAS_TOKEN": self.sas}
        self.proxy = FaultProxy(azurite.url)
        self.reader = Reader(f"{azurite.url}/{self.name}/maps", self.sas)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.close()

    def publish(self, version, rule=None, rc=0):
        """Publishes and returns the run; with `rc=None` it may end in any way that is no bug."""
        self.proxy.again(rule)
        running = start("publish", f"{self.proxy.url}/{self.name}/maps", cwd=version.folder, env=self.env)
        self.proxy.client(running.process)
        result = running.end(60)
        self.proxy.settle()
        assert rc is None or result.rc == rc, f"{result}\n{self.proxy.story()}"
        return result

    def stored(self):
        """Name -> md5 of what is there."""
        if not self.azurite.client.get_container_client(self.name).exists():
            return {}
        return {name.removeprefix("maps/"): bytes(blob.content_settings.content_md5 or b"") for name, blob in self.azurite.blobs(self.name).items()}

    def written(self):
        """Names that the last run wrote."""
        return sorted({s.path.split("/maps/", 1)[1] for s in self.proxy.requests if s.method == "PUT" and "/maps/" in s.path})


def whole(state, *allowed):
    """What a reader found is one of the versions: all its items, each as that version or another has it."""
    versions_items = [version.items() for version in allowed]
    assert sorted(state.items) in [sorted(items) for items in versions_items]
    for name, item in state.items.items():
        assert item in [items.get(name) for items in versions_items], f"{name} is of no version"


def ends_equal(place, version, before=None):
    stored, wanted = place.stored(), version.files()
    assert stored.pop(MANIFEST)
    assert {name: stored.get(name) for name in wanted} == wanted
    left = set(stored) - set(wanted)
    assert left <= set(before.files() if before else ()), f"nobody's files: {left}"
