"""From raw rasters to a cloud-optimized, searchable, streamable catalog, and back to a lazy array.

Examples
--------
Open a catalog, find its items, and make an array of them that reads only what is looked at:

>>> import swath
>>> catalog = swath.open("published")
>>> found = catalog.search(bbox=(14.9, 44.9, 15.2, 45.2))
>>> array = swath.load(found, bands=["red"])
>>> array.red.dims
('time', 'y', 'x')

Everything that is not needed for this import is imported by the first call that needs it: numpy, xarray, dask, pystac.
"""
from ._errors import Absent, Conflict, Damaged, Disk, Error, Misuse, OverLimit, Refused, Unreachable, Unsupported

__all__ = [
    "Absent", "Catalog", "Conflict", "Damaged", "Disk", "Error", "Items", "Misuse", "OverLimit", "Plan", "Refused", "Unreachable",
    "Unsupported", "__version__", "build", "check", "cog", "info", "init", "load", "open", "plan", "publish", "stack",
]

_FROM = {
    "Catalog": "_catalog", "Items": "_catalog", "open": "_catalog",
    "load": "_load", "plan": "_load", "Plan": "_plan", "stack": "_stack",
    "build": "_verbs", "check": "_verbs", "cog": "_verbs", "info": "_verbs", "init": "_verbs", "publish": "_verbs",
}


def __getattr__(name):
    if name == "__version__":
        from importlib.metadata import version

        return version("swath")
    if name not in _FROM:
        raise AttributeError(f"module 'swath' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_FROM[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
