"""The errors of swath: one class for each thing that can be done about them."""


class Error(Exception):
    """One failure.

    Attributes
    ----------
    where : str
        The file, URL, item or argument.
    found : str
        What was found there.
    expected : str
        What would be right.
    hint : str or None
        What to do next.

    Examples
    --------
    >>> import swath
    >>> try:
    ...     swath.info("no-such.tif")
    ... except swath.Error as error:
    ...     print(type(error).__name__, error.where)
    Absent no-such.tif
    """

    def __init__(self, found: str = "", *, where: str = "", expected: str = "", hint: str | None = None) -> None:
        super().__init__(found)
        self.where, self.found, self.expected, self.hint = where, found, expected, hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}" if self.where else self.found
        text = f"{text}; {self.expected}" if self.expected else text
        return f"{text}\nhint: {self.hint}" if self.hint else text

    def __reduce__(self):
        return _again, (type(self), self.found, self.where, self.expected, self.hint)


def _again(kind, found, where, expected, hint):
    return kind(found, where=where, expected=expected, hint=hint)


class Damaged(Error):
    """The bytes contradict their own format or their metadata."""


class Unsupported(Error):
    """Valid, but nothing here reads or writes it."""


class OverLimit(Error):
    """Larger than a limit that protects this machine."""


class Refused(Error):
    """The server says no: credentials are missing, wrong or too weak."""


class Absent(Error):
    """Not there."""


class Conflict(Error):
    """Somebody else's bytes are where ours would go, or the world moved."""


class Misuse(Error, ValueError):
    """The call, an argument or the plan makes no sense."""


class Unreachable(Error):
    """The network failed; trying again may help."""


class Disk(Error):
    """The local disk is full, or not ours to write."""
