"""Opening a catalog, and finding its items."""
from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

from ._access import Access, Credential, split
from ._box import box

if TYPE_CHECKING:
    import pystac


def open(place: str | PathLike, credential: Credential = None) -> Catalog:
    """Open a catalog by one URL or path.

    Parameters
    ----------
    place
        The root of a static catalog, one of its documents (``.json``, ``.parquet``), a folder, or a STAC API. A SAS token behind the
        URL is used, and goes no further than this process.
    credential
        None asks the environment (``AZURE_STORAGE_SAS_TOKEN``, ... as the command does). Else a SAS token, a `pathlib.Path` of a file
        that holds one, a function without arguments that returns one, or ``"anonymous"``.

    Raises
    ------
    swath.Absent
        Where there is no catalog.
    swath.Refused
        Where credentials are missing or too weak.

    Examples
    --------
    >>> import swath
    >>> catalog = swath.open("published")
    >>> len(catalog.search(limit=1))
    1
    """
    from . import _swath

    bare, access = split(str(place), credential)
    facts = json.loads(_swath.open(bare, access.spoken()))
    return Catalog(bare, access, facts)


class Catalog:
    """A catalog that was opened; see :func:`swath.open`.

    Attributes
    ----------
    url : str
        What it was opened by, without any token.
    id, title : str or None
        Of its root.
    """

    def __init__(self, url: str, access: Access, facts: dict):
        self.url = url
        self.id: str | None = facts.get("id")
        self.title: str | None = facts.get("title")
        self._access, self._facts = access, facts

    def search(
        self,
        bbox: Sequence[float] | None = None,
        datetime: Any = None,
        ids: Sequence[str] | None = None,
        collections: Sequence[str] | None = None,
        intersects: Any = None,
        filter: str | dict | None = None,
        sortby: str | Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Items:
        """Find items.

        Parameters
        ----------
        bbox
            West, south, east, north in degrees; west above east crosses the antimeridian.
        datetime
            ``"2018"``, ``"2018-06"``, ``"2018-06-01/.."``, a `datetime.datetime`, or a pair of these.
        ids, collections
            Ids; one string is one id.
        intersects
            A GeoJSON geometry, or anything with ``__geo_interface__``.
        filter
            A condition in CQL2: text or JSON.
        sortby
            Names of properties, with ``-`` in front for the greatest first.
        limit
            At most so many.

        Examples
        --------
        >>> import swath
        >>> found = swath.open("published").search(datetime="2020-01")
        >>> len(found), found[0]["properties"]["datetime"]
        (2, '2020-01-01T00:00:00Z')
        """
        from . import _swath

        asked = {
            "bbox": None if bbox is None else box(bbox),
            "datetime": _interval(datetime),
            "ids": _several(ids),
            "collections": _several(collections),
            "intersects": None if intersects is None else getattr(intersects, "__geo_interface__", intersects),
            "filter": json.dumps(filter) if isinstance(filter, dict) else filter,
            "limit": limit,
        }
        if sortby is not None:
            asked["sortby"] = ",".join(_several(sortby))
        found = _swath.search(self.url, self._access.spoken(), json.dumps(asked))
        return Items(self, found)

    def items(self) -> Items:
        """Every item."""
        return self.search()

    def __repr__(self) -> str:
        title = f" {self.title!r}" if self.title else ""
        return f"<swath.Catalog {self.id or ''}{title} at {self.url}>"

    def _repr_html_(self) -> str:
        name = escape(self.title or self.id or "catalog")
        return f"<div><strong>{name}</strong> <small>{escape(self._facts.get('kind', ''))}</small><br><code>{escape(self.url)}</code></div>"


class Items(Sequence[dict]):
    """Items that a search found, by collection, time and id: a sequence of dictionaries.

    Attributes
    ----------
    matched : int
        How many match; more than there are items where a limit cut them.
    problems : list of dict
        Documents that could not be read.
    catalog : Catalog
        Where they were found.
    """

    def __init__(self, catalog: Catalog, found: Any):
        self.catalog, self._found = catalog, found
        self._facts = json.loads(found.facts())
        self.matched: int = self._facts["matched"]
        self.problems: list[dict] = self._facts["problems"]

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> dict: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict]: ...
    def __getitem__(self, index: int | slice) -> dict | list[dict]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return json.loads(self._found.item(range(len(self))[index]))

    def items(self) -> Iterator[dict]:
        """The items as dictionaries, hrefs absolute."""
        return iter(self)

    def to_dict(self) -> dict:
        """The items as a GeoJSON FeatureCollection."""
        return {"type": "FeatureCollection", "features": list(self), "numberMatched": self.matched, "numberReturned": len(self)}

    def to_pystac(self) -> pystac.ItemCollection:
        """The items as a `pystac.ItemCollection`."""
        import pystac

        return pystac.ItemCollection([pystac.Item.from_dict(item) for item in self], clone_items=False)

    @property
    def __geo_interface__(self) -> dict:
        return self.to_dict()

    def __repr__(self) -> str:
        of = f" of {self.matched}" if self.matched > len(self) else ""
        lost = f", {len(self.problems)} documents could not be read" if self.problems else ""
        return f"<swath.Items: {len(self)}{of} from {self.catalog.url}{lost}>"

    def _repr_html_(self) -> str:
        rows = []
        for item in self[:10]:
            time = item["properties"].get("datetime") or item["properties"].get("start_datetime") or ""
            cells = (item.get("collection") or "", item["id"], time, ", ".join(item.get("assets", {})))
            rows.append("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in cells) + "</tr>")
        more = f"<tr><td colspan=4>and {len(self) - 10} more</td></tr>" if len(self) > 10 else ""
        head = "<tr><th>collection</th><th>id</th><th>time</th><th>assets</th></tr>"
        return f"<div>{escape(repr(self))}<table>{head}{''.join(rows)}{more}</table></div>"


def _several(value) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(v) for v in value]


def _interval(value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return "/".join(".." if v is None else _instant(v) for v in value)
    return _instant(value)


def _instant(value) -> str:
    if isinstance(value, str):
        return value
    if hasattr(value, "tzinfo"):
        from datetime import timezone

        value = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return str(value)
