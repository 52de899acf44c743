"""Validates a STAC tree with pystac and with stac-valid, offline. Prints what is wrong, one thing a line; exits 1 if anything is.

usage: judge.py FOLDER SCHEMAS
"""

import json
import subprocess
import sys
from pathlib import Path

import pystac
from pystac.validation import set_validator, validate_dict
from pystac.validation.stac_validator import JsonSchemaSTACValidator

folder, schemas = Path(sys.argv[1]), Path(sys.argv[2])
known = {}
for path in schemas.rglob("*.json"):
    relative = path.relative_to(schemas).as_posix()
    if relative.startswith("ext/projjson"):
        url = "https://proj.org/schemas/v0.7/projjson.schema.json"
    elif relative.startswith("ext/"):
        url = "https://stac-extensions.github.io/" + relative[4:]
    elif relative.startswith("stac/"):
        url = "https://schemas.stacspec.org/v" + relative[5:]
    else:
        url = "https://geojson.org/schema/" + path.name
    known[url] = path
# Read, not judged: there is no copy of this schema beside the others.
UNJUDGED = "https://stac-extensions.github.io/classification/v2.0.0/schema.json"

validator = JsonSchemaSTACValidator()
validator.schema_cache.update({url: json.loads(path.read_text()) for url, path in known.items()})
validator.schema_cache[UNJUDGED] = {"$id": UNJUDGED, "$schema": "http://json-schema.org/draft-07/schema#"}
set_validator(validator)
anything = folder.parent / "anything.json"
anything.write_text(json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "$id": UNJUDGED}))
known[UNJUDGED] = anything

wrong = []
documents = sorted(folder.rglob("*.json"))
for path in documents:
    try:
        validate_dict(json.loads(path.read_text()), href=str(path))
    except Exception as error:
        wrong.append(f"pystac: {path}: {error}")
if "--tree" in sys.argv:
    catalog = pystac.read_file(str(folder / "collection.json"))
    count = 0
    for root, _, items in catalog.walk():
        for item in items:
            count += 1
            if item.get_collection() is None:
                wrong.append(f"pystac: {item.id} has no collection")
    if count != int(sys.argv[sys.argv.index("--tree") + 1]):
        wrong.append(f"pystac: walks to {count} items")

map_flags = [word for url, path in known.items() for word in ("--schema-map", url, str(path))]
tool = Path(sys.executable).with_name("stac-valid")
for path in documents:
    run = subprocess.run([tool, "validate", path, *map_flags], capture_output=True, text=True)
    reports = [{"valid_stac": False, "error": run.stderr}]
    if "[" in run.stdout:
        reports, _ = json.JSONDecoder().raw_decode(run.stdout[run.stdout.index("[") :])
    for report in reports:
        if not report.get("valid_stac"):
            wrong.append(f"stac-valid: {path}: {report.get('error_message') or report}")
print("\n".join(wrong) or f"{len(documents)} documents are valid")
sys.exit(bool(wrong))
