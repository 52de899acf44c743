"""`-vv` shows every request on stderr: what was asked of whom, and how it went; never what it was signed with."""
import collections
import json
import re
import urllib.parse

import pytest

from support import faults, versions
from support.places import Place

LINE = re.compile(r"^request: (\w+) (\S+): (\d+), \d+ ms, (\d+) bytes sent, (\d+) received(?:, attempt (\d+))?$")


@pytest.fixture(scope="module")
def small(swath, tmp_path_factory):
    return versions.first(swath, tmp_path_factory.mktemp("shown"), count=2)


def shown(result):
    return [LINE.match(line).groups() for line in result.err.splitlines() if line.startswith("request: ")]


def paths(pairs):
    return collections.Counter((method, urllib.parse.urlsplit(url).path) for method, url in pairs)


def test_every_request_is_one_line(swath, memory, small):
    with Place(memory) as place:
        result = swath("-vv", "publish", f"{place.proxy.url}/{place.name}/maps", cwd=small.folder, env=place.env)
        seen = paths((s.method, s.path) for s in place.proxy.requests)
    lines = shown(result)
    assert paths((method, url) for method, url, *_ in lines) == seen, result
    sent = {url: int(sent) for method, url, _, sent, *_ in lines if method == "PUT"}
    asset = next(p for p in small.build.rglob("*.tif"))
    assert sent[f"{place.proxy.url}/{place.name}/maps/{asset.relative_to(small.build)}"] == asset.stat().st_size
    assert "sig=" not in result.err.replace("sig=...", "") and "Authorization" not in result.err


def test_an_attempt_that_failed_is_shown_too(swath, memory, small):
    def rule(seen):
        return faults.Fault("status", 503) if seen.method == "PUT" and seen.path.endswith("/collection.json") and seen.nth == 1 else None

    with Place(memory) as place:
        place.proxy.again(rule)
        result = swath("-vv", "publish", f"{place.proxy.url}/{place.name}/maps", cwd=small.folder, env=place.env)
    root = [line for line in shown(result) if line[0] == "PUT" and line[1].endswith("/maps/collection.json")]
    assert [(status, attempt) for _, _, status, _, _, attempt in root] == [("503", None), ("201", "2")], result


@pytest.mark.parametrize("talk", [(), ("-v",), ("-q", "-vv")], ids=" ".join)
def test_nothing_is_shown_that_was_not_asked_for(swath, memory, small, talk):
    with Place(memory) as place:
        result = swath(*talk, "publish", f"{memory.url}/{place.name}/maps", cwd=small.folder, env=place.env)
    assert not shown(result), result


def test_the_lines_do_not_disturb_what_programs_read(swath, memory, small):
    with Place(memory) as place:
        result = swath("-vv", "--json", "publish", f"{memory.url}/{place.name}/maps", cwd=small.folder, env=place.env)
    assert shown(result) and all(json.loads(line) for line in result.out.splitlines())
