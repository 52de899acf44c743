#!/usr/bin/env python3
"""The house rules that a compiler does not know: arrows between crates, file sizes, licences.

Prints every breach and ends with 1 if there is one. Needs only the standard library and cargo.
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 500
LONGEST_FUNCTION = 80
MEDIAN = 150

# Which of our packages each may use; what is not listed may use none.
ARROWS = {
    "swath": {"swath-raster", "swath-stac", "swath-store"},
    "swath-cli": {"swath"},
    "swath-python": {"swath", "swath-cli"},
}
# What must not be found: directly, or anywhere below.
ABSENT_DIRECTLY = {
    "swath-stac": {"object_store", "reqwest", "hyper", "tokio", "proj", "libdeflater", "zstd", "webp", "netcdf-reader", "hdf5-reader", "zarrs"},
    "swath-store": {"stac", "stac-validate", "proj", "libdeflater", "netcdf-reader", "hdf5-reader", "zarrs"},
    "swath": {"clap", "axum", "pyo3", "indicatif"},
    "swath-cli": {"stac", "object_store", "proj", "netcdf-reader", "hdf5-reader", "zarrs"},
    "swath-python": {"stac", "object_store", "proj", "netcdf-reader", "hdf5-reader", "zarrs", "clap"},
}
ABSENT_BELOW = {
    "swath-raster": {"tokio", "reqwest", "hyper", "object_store", "stac", "async-trait"},
    "swath-store": {"stac", "geoparquet", "proj"},
}
# Generous terms that name no licence in their manifest, read by a person.
READ_BY_HAND = {"unaccent"}


def metadata():
    text = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(text)


def used(package):
    """Names of what a package uses when it runs; what only its tests use does not count."""
    return {d["name"] for d in package["dependencies"] if d["kind"] != "dev"}


def below(name, nodes, ids):
    """Names of everything a package links, at any depth."""
    seen, todo = set(), [ids[name]]
    while todo:
        node = nodes[todo.pop()]
        for dep in node["deps"]:
            linked = any(k["kind"] is None for k in dep["dep_kinds"])
            if linked and dep["pkg"] not in seen:
                seen.add(dep["pkg"])
                todo.append(dep["pkg"])
    return seen


def arrows(meta):
    ours = {p["name"]: p for p in meta["packages"] if p["id"] in meta["workspace_members"]}
    ids = {name: p["id"] for name, p in ours.items()}
    names = {p["id"]: p["name"] for p in meta["packages"]}
    nodes = {n["id"]: n for n in meta["resolve"]["nodes"]}
    for name, package in ours.items():
        for other in sorted(used(package) & ours.keys() - ARROWS.get(name, set())):
            yield f"{name}: uses {other}; the arrows allow {sorted(ARROWS.get(name, set())) or 'none'}"
        for foreign in sorted(used(package) & ABSENT_DIRECTLY.get(name, set())):
            yield f"{name}: uses {foreign}, which must be absent there"
        found = {names[i] for i in below(name, nodes, ids)} & ABSENT_BELOW.get(name, set())
        for foreign in sorted(found):
            yield f"{name}: links {foreign} through another package; it must be absent there"


def by_hand(path):
    """Lines of a file that a person wrote, without its tests; None for a table made by a program."""
    lines = path.read_text().splitlines()
    if lines and "@generated" in lines[0]:
        return None
    for number, line in enumerate(lines):
        if line.strip() == "#[cfg(test)]" and number + 1 < len(lines) and re.match(r"\s*mod \w+ \{", lines[number + 1]):
            return number
    return len(lines)


def sizes():
    counts = {}
    for path in sorted(ROOT.glob("crates/*/src/**/*.rs")):
        if path.name != "tests.rs" and "tests" not in path.parts:
            counts[path] = by_hand(path)
    counts = {path: n for path, n in counts.items() if n is not None}
    for path, n in counts.items():
        if n > LONGEST:
            yield f"{path.relative_to(ROOT)}: {n} lines; at most {LONGEST} by hand"
    median = statistics.median(counts.values())
    if median > MEDIAN:
        yield f"crates: the median file has {median} lines; at most {MEDIAN}"
    print(f"{len(counts)} source files, median {median:g} lines, longest {max(counts.values())}")


def functions():
    """Functions that are too long, outside tests; a function ends where a brace closes at its own indentation."""
    for path in sorted(ROOT.glob("crates/*/src/**/*.rs")):
        written = by_hand(path)
        lines = path.read_text().splitlines()[: written or 0]
        begun = None
        for number, line in enumerate(lines):
            start = re.match(r"(\s*)(?:pub(?:\([^)]*\))? )?(?:(?:async|const|extern|unsafe) )*fn (\w+)", line)
            if start:
                begun = (number, *start.groups())
            if begun is None:
                continue
            first, indent, name = begun
            if line == f"{indent}}}" and number - first + 1 > LONGEST_FUNCTION:
                yield f"{path.relative_to(ROOT)}:{first + 1}: {name} has {number - first + 1} lines; at most {LONGEST_FUNCTION}"
            # A declaration without a body, a body of one line, or the end of one of several.
            if line == f"{indent}}}" or (line.startswith(indent) and line.rstrip().endswith((";", "}")) and not line[len(indent) :].startswith(" ")):
                begun = None


def only_gpl(licence):
    """Whether no choice of terms avoids the GPL family."""
    choices = re.split(r"\bOR\b|/", licence.replace("(", " ").replace(")", " "))
    return all("GPL" in choice for choice in choices)


def licences(meta):
    for package in meta["packages"]:
        licence = package["license"]
        if licence is None and package["name"] not in READ_BY_HAND:
            yield f"{package['name']} {package['version']}: names no licence; read it, then list it in {__file__}"
        elif licence and only_gpl(licence):
            yield f"{package['name']} {package['version']}: {licence}; no GPL in what is shipped"


def roots():
    for path in sorted(ROOT.glob("crates/*/src/lib.rs")) + sorted(ROOT.glob("crates/*/src/main.rs")):
        if not re.search(r"#!\[(forbid|deny)\(unsafe_code", path.read_text()):
            yield f"{path.relative_to(ROOT)}: neither forbids nor denies unsafe code"


def main():
    meta = metadata()
    breaches = [*arrows(meta), *sizes(), *functions(), *licences(meta), *roots()]
    for breach in breaches:
        print(f"breach: {breach}", file=sys.stderr)
    print(f"{len(breaches)} breaches of the house rules")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
