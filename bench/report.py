"""A dated folder of bench/runs: versions, commands, every row, and the table made of them."""
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import subprocess

import rasterio

HERE = pathlib.Path(__file__).resolve().parent
SWATH = pathlib.Path(os.environ["SWATH_BIN"])
THREADS = os.cpu_count()


def versions():
    ours = subprocess.run([SWATH, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True).stdout.strip()
    return {
        "swath": f"{ours} ({commit})",
        "rio-cogeo": importlib.metadata.version("rio-cogeo"),
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
        "python": platform.python_version(),
        "machine": f"{THREADS} cores, {model}, {platform.release()}",
    }


class Run:
    """Rows are on disk as soon as they are known."""

    def __init__(self, name):
        self.title = f"{datetime.date.today()} {name}"
        self.folder = HERE / "runs" / self.title.replace(" ", "-")
        self.rows = []

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_):
        return False

    def row(self, row):
        row = {"load": os.getloadavg()[0], **row}
        self.rows.append(row)
        row = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
        with open(self.folder / "rows.jsonl", "a") as f:
            f.write(json.dumps(row) + "\n")
        print(*(f"{k} {v}" for k, v in row.items()), flush=True)

    def of(self, **wanted):
        return [row for row in self.rows if all(row[k] == v for k, v in wanted.items())]

    def finish(self, table, text):
        head = "\n".join(f"- {k}: {v}" for k, v in versions().items())
        (self.folder / "README.md").write_text(f"# {self.title}\n\n{head}\n\n{table}\n\n{text}\n")
        print(f"\n{table}\n\n{self.folder}")
