#!/usr/bin/env python3
"""Prints a span of some dates of a catalog and the key of one of its assets, for the demo."""
import json
import pathlib
import sys

items = [json.loads(p.read_text()) for p in pathlib.Path(sys.argv[1]).rglob("*.json")]
items = [i for i in items if i.get("type") == "Feature"]
dates = sorted({i["properties"]["datetime"] or i["properties"]["start_datetime"] for i in items})
keys = [key for key, asset in items[0]["assets"].items() if "data" in asset.get("roles", [])]
key = next((k for k in keys if k in ("B8", "B8A", "B08", "b8", "nir")), keys[0])
print(dates[0], dates[min(len(dates), 12) - 1], key)
