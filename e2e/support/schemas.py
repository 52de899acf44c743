"""Validators fed with the published schemas from a folder, so that nothing is fetched."""
import json
import pathlib

from stac_validator.stac_validator import StacValidate


def addresses(folder):
    """Published address -> local file."""
    folder = pathlib.Path(folder)
    found = {}
    for path in folder.rglob("*.json"):
        first, *rest = path.relative_to(folder).parts
        if first == "stac":
            address = f"https://schemas.stacspec.org/v{'/'.join(rest)}"
        elif first == "geojson":
            address = f"https://geojson.org/schema/{rest[0]}"
        elif rest[0] == "projjson":
            address = "https://proj.org/schemas/v0.7/projjson.schema.json"
        else:
            address = f"https://stac-extensions.github.io/{'/'.join(rest)}"
        found[address] = str(path)
    return found


def pystac_validator(folder, further=()):
    """`further` are (address, path) of schemas beside those of the folder."""
    from pystac.validation.stac_validator import JsonSchemaSTACValidator

    validator = JsonSchemaSTACValidator()
    for address, path in (addresses(folder) | dict(further)).items():
        validator.schema_cache.setdefault(address, json.loads(pathlib.Path(path).read_text()))

    def fetched(address):
        raise AssertionError(f"not among the schemas: {address}")

    original = validator._get_schema
    validator._get_schema = lambda address: original(address) if address in validator.schema_cache else fetched(address)
    return validator


def stac_valid(path, folder, further=()):
    """stac-valid's message about one document; `valid_stac` is the verdict."""
    judge = StacValidate(str(path), schema_map=addresses(folder) | dict(further))
    judge.run()
    return judge.message[0]
