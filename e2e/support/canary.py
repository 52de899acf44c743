"""Secrets that the suite hands out, and every place where none of them may be seen.

Each run of the binary is watched: its output, its command line and its children's while it runs, and the files that were written meanwhile.
"""
import base64
import bisect
import hashlib
import os
import pathlib
import re
import threading
import time
import urllib.parse

CANARY = "CANARYcanaryCANARYcanaryCANARYcanaryCANARY4="
CANARY_SAS = f"sv=2024-11-04&ss=b&srt=co&sp=rl&se=2099-01-01T00:00:00Z&sig={CANARY.replace('=', '%3D')}"
#: An account key as it might be, of nobody's account.
CANARY_KEY = base64.b64encode(hashlib.sha512(b"the canary's key").digest()).decode()
#: Every secret that some test handed to the binary, in each way of writing it.
SECRETS = set()


class Leak(AssertionError):
    """A secret was seen where none may be."""


def remember(secret):
    """From now on this may be seen nowhere; returned as it came."""
    raw = urllib.parse.unquote(secret)
    SECRETS.update({raw, raw.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"), raw.replace("=", "%3D"), raw.replace("+", "%2b").replace("/", "%2f").replace("=", "%3d")})
    return secret


def remember_sas(sas):
    remember(re.search(r"sig=([^&]+)", sas)[1])
    return sas


remember(CANARY)
remember(CANARY_KEY)


def seen_in(text):
    """The secrets that a text holds, named by their beginning only: a report is an output too."""
    return sorted({f"{secret[:6]}..." for secret in SECRETS if secret in text})


#: Files larger than this are pixels: of them only the first and last parts are searched.
LARGE = 4 << 20


def search_file(path):
    try:
        with open(path, "rb") as file:
            head = file.read(LARGE)
            if os.fstat(file.fileno()).st_size > 2 * LARGE:
                file.seek(-LARGE, os.SEEK_END)
            content = head + file.read(LARGE)
    except OSError:
        return []
    if not words(path) and b"sig=" not in content and b"sig%3" not in content:
        return [f"{s[:6]}..." for s in (CANARY, CANARY_KEY) if s.encode() in content]
    return seen_in(content.decode("latin-1"))


def words(path):
    return path.suffix.lower() not in (".tif", ".tiff", ".parquet", ".nc", ".png", "") or path.stat().st_size < 1 << 16


class Runs:
    """When the binary ran: files that were changed then were changed by it, those before and after by the test."""

    def __init__(self):
        self.spans, self.lock = [], threading.Lock()

    def add(self, started, ended):
        with self.lock:
            bisect.insort(self.spans, (started, ended))

    def cover(self, moment):
        with self.lock:
            at = bisect.bisect(self.spans, (moment, float("inf")))
            # Runs may overlap, and a long one may begin long before.
            return any(started <= moment <= ended for started, ended in self.spans[max(0, at - 32) : at])


RUNS = Runs()


def search_folder(folder, runs=RUNS):
    """Raises Leak where a file that was written during a run holds a secret. `*.sas` is what `sas create -o` was asked to write."""
    for path in pathlib.Path(folder).rglob("*"):
        try:
            told = path.lstat()
        except OSError:
            continue
        if path.suffix != ".sas" and path.is_file() and not path.is_symlink() and runs.cover(told.st_mtime) and (found := search_file(path)):
            raise Leak(f"{path} holds {found}")


class Watched:
    """A process and its children: what `ps` shows of them while they run."""

    def __init__(self):
        self.given, self.found, self.lock = {}, [], threading.Lock()
        threading.Thread(target=self.look, daemon=True).start()

    def begin(self, pid, argv):
        """`argv` is what the caller typed: a secret in it is the caller's own."""
        with self.lock:
            self.given[pid] = " ".join(map(str, argv))
        self.glance(pid)

    def end(self, pid):
        with self.lock:
            self.given.pop(pid, None)
            found, self.found = self.found, []
        if found:
            raise Leak(f"the process list shows {found}")

    def look(self):
        while True:
            time.sleep(0.03)
            with self.lock:
                pids = list(self.given)
            for pid in pids:
                self.glance(pid)

    def glance(self, pid):
        typed = self.given.get(pid, "")
        for each in (pid, *children(pid)):
            try:
                line = pathlib.Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
            except OSError:
                continue
            leaked = [s for s in SECRETS.copy() if s in line and s not in typed]
            if leaked:
                with self.lock:
                    self.found.append(f"{leaked[0][:6]}... in the command line of {line.split(' ')[0]}")


def children(pid):
    """Every process below one."""
    found = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        # It ended between two looks.
        return found
    for task in tasks:
        try:
            below = [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
        except OSError:
            continue
        for child in below:
            found += [child, *children(child)]
    return found


WATCHED = Watched()
