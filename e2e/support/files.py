"""Folders as values: what is in them, and what changed."""
import hashlib
import pathlib


def tree(folder):
    """Relative path -> sha256 of every file."""
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def stamps(folder):
    """Relative path -> (inode, time of change): equal only where a file was not written again."""
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def rewritten(before, after):
    return sorted(k for k in after if before.get(k) != after[k])


def copy_writable(source, target):
    """A copy of a tree that may be read-only, with files that may be written."""
    source, target = pathlib.Path(source), pathlib.Path(target)
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if path.is_dir():
            to.mkdir(parents=True, exist_ok=True)
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
    return target
