"""Two versions of one small catalog: 10 tiles; then 3 of them changed, 1 gone and 2 more."""
import hashlib
import json
import pathlib
import shutil
from dataclasses import dataclass

from . import rasters


def tile(folder, number, seed, side=64):
    path = pathlib.Path(folder) / f"raw/map_t{number:03}.tif"
    return rasters.write(path, rasters.noise((side, side), seed=seed), origin=(500_000 + 1920 * number, 5_000_000), nodata=0)


@dataclass
class Version:
    folder: pathlib.Path

    @property
    def build(self):
        return self.folder / "build"

    def files(self):
        """Path -> md5 of all that is to be published."""
        return {str(p.relative_to(self.build)): hashlib.md5(p.read_bytes()).digest() for p in sorted(self.build.rglob("*")) if p.is_file()}

    def items(self):
        found = (json.loads(p.read_text()) for p in self.build.rglob("*.json"))
        return {document["id"]: document for document in found if document.get("type") == "Feature"}


def first(swath, folder, count=10, start=0, side=64):
    for number in range(start, start + count):
        tile(folder, number, seed=number, side=side)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    named(folder / "swath.toml", "maps", "map")
    swath("build", cwd=folder)
    return Version(folder)


def named(plan, catalog, dataset):
    """Calls the catalog and its one dataset so, whatever folder they come from."""
    lines = plan.read_text().splitlines()
    own = [n for n, line in enumerate(lines) if line.startswith("id = ")]
    for n, name in zip(own, (catalog, dataset)):
        lines[n] = f'id = "{name}"'
    plan.write_text("\n".join(lines) + "\n")


def second(swath, version, folder):
    """The next version of a small catalog, in a folder of its own; both remember together what they published."""
    shutil.copytree(version.folder, folder, ignore=lambda where, names: ["published"] if where.endswith("/.swath") else [])
    memory = version.folder / ".swath/published"
    memory.mkdir(parents=True, exist_ok=True)
    (folder / ".swath").mkdir(exist_ok=True)
    (folder / ".swath/published").symlink_to(memory)
    for number in (2, 4, 6):
        tile(folder, number, seed=100 + number)
    (folder / "raw/map_t008.tif").unlink()
    for number in (10, 11):
        tile(folder, number, seed=number)
    swath("build", cwd=folder)
    return Version(folder)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
