"""``xarray.open_dataset(url, engine="swath")``."""
from __future__ import annotations

from typing import Any

from xarray.backends import BackendEntrypoint


class SwathBackend(BackendEntrypoint):
    """Opens a catalog as a Dataset; keywords are those of :func:`swath.load`, and of :meth:`swath.Catalog.search`.

    Examples
    --------
    >>> import xarray
    >>> list(xarray.open_dataset("published", engine="swath", bands=["red"]))
    ['red']
    """

    description = "catalogs of cloud-optimized GeoTIFFs, by swath"
    url = "docs/python.md"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "collection", "datetime", "ids", "filter", "limit", "bands", "bbox", "credential")

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: Any = None,
        collection: str | list[str] | None = None,
        datetime: Any = None,
        ids: Any = None,
        filter: Any = None,
        limit: int | None = None,
        bands: Any = None,
        bbox: Any = None,
        credential: Any = None,
        **load: Any,
    ):
        from ._catalog import open
        from ._load import load as make

        catalog = open(filename_or_obj, credential)
        found = catalog.search(bbox=bbox, datetime=datetime, ids=ids, collections=collection, filter=filter, limit=limit)
        made = make(found, bands, bbox=bbox, **load)
        dropped = [drop_variables] if isinstance(drop_variables, str) else list(drop_variables or [])
        return made.drop_vars(dropped, errors="ignore")

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        return False
