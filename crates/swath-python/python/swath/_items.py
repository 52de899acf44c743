"""Items as they come: of a search, of pystac, as dictionaries, as URLs, alone or many."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from ._access import Access, Credential
from ._errors import Misuse

_RIGHT = "what Catalog.search found, a Catalog or its URL, pystac items, or items as dictionaries"


class Taken:
    """Items for the engine, and the way to their files.

    Attributes
    ----------
    native
        What the engine takes: items of a search as they lie there, or JSON text.
    access, root
        As whom files are read, and from where; the root is None where no catalog is known.
    """

    def __init__(self, native, access: Access, root: str | None, dicts):
        self.native, self.access, self.root, self._dicts = native, access, root, dicts

    def dicts(self) -> list[dict]:
        """The same items as dictionaries."""
        return list(self._dicts)


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
    plain = [_plain(item) for item in items]
    if not plain:
        from ._errors import Absent

        raise Absent("no item", where="items", expected="items to load", hint="widen the search")
    return Taken(json.dumps(plain), Access(credential, "items"), None, plain)


def _all_there(items):
    lost = [p for p in items.problems if p.get("effect") == "missing"]
    if lost:
        import warnings

        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        warnings.warn(f"items are missing: {lost[0]['at']}: {lost[0]['found']}{more}", RuntimeWarning, stacklevel=5)


def _is_item(value: Any) -> bool:
    return hasattr(value, "assets") and hasattr(value, "properties") and hasattr(value, "id")


def _plain(item: Any) -> dict:
    """What the engine needs of an item; hrefs absolute where the item knows its own place."""
    if isinstance(item, Mapping):
        return dict(item)
    if not _is_item(item):
        raise Misuse(f"a {type(item).__name__} among the items", where="items", expected=_RIGHT)
    properties = dict(item.properties)
    if not properties.get("datetime") and item.datetime is not None:
        from ._catalog import _instant

        properties["datetime"] = _instant(item.datetime)
    place = item.get_self_href()
    return {
        "type": "Feature", "id": item.id, "collection": item.collection_id, "bbox": item.bbox, "properties": properties,
        "assets": {key: _asset(asset, place) for key, asset in item.assets.items()},
    }


def _asset(asset: Any, place: str | None) -> dict:
    plain = dict(asset.extra_fields)
    plain["href"] = asset.href if place is None or "://" in asset.href or asset.href.startswith("/") else asset.get_absolute_href()
    for name in ("title", "roles"):
        if (value := getattr(asset, name, None)) is not None:
            plain[name] = value
    if asset.media_type is not None:
        plain["type"] = str(getattr(asset.media_type, "value", asset.media_type))
    return plain
