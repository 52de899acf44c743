"""As whom a place is read. What travels to a worker says where credentials are found there, never what they are."""
from collections.abc import Callable
from os import PathLike
from typing import Union

Credential = Union[None, str, PathLike, Callable[[], str]]

# Tokens that were given as text: they stay in this process.
_tokens: dict[str, str] = {}


class Access:
    """Where the credentials for one catalog come from.

    Parameters
    ----------
    credential
        None asks the environment; a SAS token, or a URL with one, is kept in this process alone; a path names a file that holds
        a token and is read again when the token lapses; a function gives a token whenever one is needed.
    root
        What the credentials are for.
    """

    def __init__(self, credential: Credential = None, root: str = ""):
        self.root = root
        self.kind, self.value = _kind(credential)
        if self.kind == "sas":
            _tokens[root] = self.value
            self.value = None

    def spoken(self) -> tuple[str, str | None]:
        """Kind and value, for the engine, now."""
        if self.kind == "function":
            return ("sas", self.value())
        if self.kind == "sas":
            token = _tokens.get(self.root)
            return ("sas", token) if token else ("environment", None)
        return (self.kind, self.value)

    def __repr__(self):
        return f"Access({self.kind!r}, root={self.root!r})"


def _kind(credential):
    if credential is None:
        return "environment", None
    if credential == "anonymous":
        return "anonymous", None
    if callable(credential):
        return "function", credential
    if isinstance(credential, PathLike):
        return "sas_file", str(credential)
    if isinstance(credential, str) and "sig=" in credential:
        return "sas", credential.split("?", 1)[-1]
    from ._errors import Misuse

    raise Misuse(
        f"a {type(credential).__name__} that is no SAS token", where="credential",
        expected="a SAS token, a pathlib.Path of a file with one, a function that gives one, or 'anonymous'",
    )


def split(place: str, credential: Credential = None) -> tuple[str, Access]:
    """A place without the token that may be behind it, and the access to it."""
    place = str(place)
    bare, _, query = place.partition("?")
    if "sig=" in query:
        return bare, Access(query if credential is None else credential, bare)
    return place, Access(credential, place)
