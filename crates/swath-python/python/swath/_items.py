"""Items as they come: of a search, of pystac, as dictionaries, as URLs, alone or many."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from . import _swath
from ._access import Access, Credential
from ._errors import Misuse

_RIGHT = "what Catalog.search found, a Catalog or its URL, pystac items, or items as dictionaries"


class Taken:
    """Items for the engine, and the way to their files.

    Attributes
    ----------
    native
        What the engine takes: items of a search as they lie there, or a list of dictionaries and pystac items.
    access, root
        As whom files are read, and from where; the root is None where no catalog is known.
    """

    def __init__(self, native, access: Access, root: str | None, dicts):
        self.native, self.access, self.root, self._dicts = native, access, root, dicts

    def dicts(self) -> list[dict]:
        """The same items as dictionaries."""
        return [as_dict(item) for item in self._dicts]

    def objects(self) -> list:
        """The items as they were given; those of a search as pystac items, where there is pystac."""
        found = list(self._dicts)
        if self.root is None:
            return found
        try:
            from pystac import Item
        except ImportError:
            return found
        return [Item.from_dict(item) for item in found]

    def collection(self) -> str | None:
        """The collection of the first item."""
        first = next(iter(self._dicts))
        return first.get("collection") if isinstance(first, dict) else first.collection_id

    def material(self, names: list[str], config: dict | None, lenient: bool, sign: Any):
        """The items for the engine, which reads headers where items do not say enough."""
        wanted = {"assets": names, "root": self.root, "config": config, "lenient": lenient}
        return _swath.material(self.native, json.dumps(wanted), self.access.spoken(), sign)


def take(items: Any, credential: Credential = None, search: Mapping[str, Any] | None = None) -> Taken:
    """Take items in any of the forms that they come in.

    Parameters
    ----------
    search
        What to search a catalog for, where `items` is one.
    """
    from ._catalog import Catalog, Items
    from ._catalog import open as open_catalog

    if isinstance(items, (str, PathLike)):
        items = open_catalog(items, credential)
    if isinstance(items, Catalog):
        items = items.search(**(search or {}))
    if isinstance(items, Items):
        _all_there(items)
        catalog = items.catalog
        return Taken(items._found, catalog._access, catalog.url, items)
    if isinstance(items, Mapping) and items.get("type") == "FeatureCollection":
        items = items["features"]
    elif isinstance(items, Mapping) or _is_item(items):
        items = [items]
    elif not isinstance(items, Iterable):
        raise Misuse(f"a {type(items).__name__}", where="items", expected=_RIGHT)
    items = list(items)
    for item in items:
        if not (isinstance(item, dict) or _is_item(item)):
            raise Misuse(f"a {type(item).__name__} among the items", where="items", expected=_RIGHT)
    if not items:
        from ._errors import Absent

        raise Absent("no item", where="items", expected="items to load", hint="widen the search")
    items = [_settled(item) for item in items]
    return Taken(items, Access(credential, "items"), None, items)


def _all_there(items):
    lost = [p for p in items.problems if p.get("effect") == "missing"]
    if lost:
        import warnings

        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        warnings.warn(f"items are missing: {lost[0]['at']}: {lost[0]['found']}{more}", RuntimeWarning, stacklevel=5)


def _is_item(value: Any) -> bool:
    return hasattr(value, "assets") and hasattr(value, "properties") and hasattr(value, "id")


def _settled(item: Any) -> Any:
    """An item whose hrefs are absolute; a dictionary may name its own place by a link."""
    if not isinstance(item, dict):
        return item
    place = next((link["href"] for link in item.get("links", ()) if link.get("rel") == "self" and "://" in link.get("href", "")), None)
    if place is None or all(_is_absolute(asset["href"]) for asset in item["assets"].values()):
        return item
    from urllib.parse import urljoin

    return {**item, "assets": {key: {**asset, "href": urljoin(place, asset["href"])} for key, asset in item["assets"].items()}}


def _is_absolute(href: str) -> bool:
    return "://" in href or href.startswith("/")


def as_dict(item: Any) -> dict:
    """What coordinates and groups are made of, as in a dictionary of the item: nothing is copied deeply, and geometry and links are left out."""
    if isinstance(item, dict):
        return item
    properties = item.properties
    if properties.get("datetime") is None and item.datetime is not None:
        properties = {**properties, "datetime": item.datetime.isoformat().replace("+00:00", "Z")}
    assets = {key: _fields(asset) for key, asset in item.assets.items()}
    return {"id": item.id, "collection": item.collection_id, "bbox": item.bbox, "properties": properties, "assets": assets}


def _fields(asset: Any) -> dict:
    said = {"href": asset.href, "type": asset.media_type, "title": asset.title, "description": asset.description, "roles": asset.roles}
    return {name: value for name, value in said.items() if value is not None} | asset.extra_fields
