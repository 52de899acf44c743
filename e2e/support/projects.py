"""Small projects that publish to one place: each with tiles of its own, all of one catalog and one dataset."""
import json
import pathlib
import re

from . import rasters
from .run import swath


class Project:
    def __init__(self, folder, name, tiles=2):
        self.folder, self.name = pathlib.Path(folder, name), name
        for number in range(tiles):
            self.tile(number)
        swath("init", "raw", "--datetime", "2020-05-17", cwd=self.folder)
        plan = self.folder / "swath.toml"
        text = plan.read_text()
        for key, value in (("id", "maps"), ("title", "Maps"), ("id", "m")):
            text = re.sub(rf'^{key} = "(?!maps").*"$', f'{key} = "{value}"', text, count=1, flags=re.M)
        plan.write_text(text)
        self.build()

    def raw(self, number):
        return self.folder / f"raw/map_{self.name}{number:03}.tif"

    def tile(self, number, seed=0):
        east = 500_000 + 1_000 * number + 100_000 * (sum(map(ord, self.name)) % 7)
        rasters.write(self.raw(number), rasters.noise((16, 16), seed=seed + number), origin=(east, 5_000_000), nodata=0)

    def build(self):
        swath("build", cwd=self.folder)

    def publish(self, to, *flags, **more):
        return swath("publish", to, *flags, cwd=self.folder, **more)

    def items(self):
        return {f"{self.name}{int(re.search(r'([0-9]{3})[.]tif$', p.name)[1]):03}" for p in (self.folder / "raw").glob("*.tif")}


def manifest(folder):
    return json.loads(pathlib.Path(folder, "swath.manifest.json").read_text())
