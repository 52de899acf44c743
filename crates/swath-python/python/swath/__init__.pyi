from ._catalog import Catalog as Catalog, Items as Items, open as open
from ._errors import (
    Absent as Absent,
    Conflict as Conflict,
    Damaged as Damaged,
    Disk as Disk,
    Error as Error,
    Misuse as Misuse,
    OverLimit as OverLimit,
    Refused as Refused,
    Unreachable as Unreachable,
    Unsupported as Unsupported,
)
from ._load import load as load, plan as plan
from ._plan import Plan as Plan
from ._stack import stack as stack
from ._verbs import build as build, check as check, cog as cog, info as info, init as init, publish as publish

__version__: str
