"""Malicious input is answered quickly and in bounded memory."""

import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from controller.ignition import UnitSyntaxError, merge, parse, parse_unit

from .configs import config, file, source, storage, units

MOST_MEMORY = 100  # times the size of the input, of which Python's objects take a good part
FOR_A_START = 2_000_000


def with_member(text: str) -> bytes:
    return b'{"ignition": {"version": "3.4.0"}, ' + text.encode() + b"}"


def links(*paths: str) -> list[dict[str, Any]]:
    return [{"path": path, "target": "/t"} for path in paths]


def case(what: str, raw: bytes) -> Any:  # noqa: ANN401 - pytest's own type
    return pytest.param(raw, id=what)


NESTED = [
    case("lists too deep for Go", with_member('"x":' + "[" * 100_000)),
    case("objects too deep for Go", with_member('"x":' + '{"a":' * 20_000 + "1" + "}" * 20_000)),
    case("lists too deep for Python", with_member('"x":' + "[" * 9_000 + "]" * 9_000)),
    case("objects too deep for Python", with_member('"x":' + '{"a":' * 5_000 + "1" + "}" * 5_000)),
    case("lists for an object", with_member('"storage":' + "[" * 9_000 + "]" * 9_000)),
    case("lists in a list", storage(files=json.loads("[" * 400 + "]" * 400))),
]
TEXT = [
    case("an ignored number of many digits", with_member('"x":' + "1" * 500_000)),
    case(
        "a mode of many digits", with_member('"storage":{"files":[{"mode":' + "1" * 9_999 + "}]}")
    ),
    case("an exponent of many digits", with_member('"x":1e' + "9" * 500_000)),
    case("lone surrogates", with_member('"x":"' + "\\ud800" * 50_000 + '"')),
    case("unterminated backslashes", with_member('"x":"\\ud800' + "\\" * 500_001)),
    case("bytes that are not UTF-8", with_member('"x":"').rstrip(b"}") + b"\xff" * 200_000 + b'"}'),
]
KEYS = [
    case("a repeated section", with_member(",".join(['"storage":{"files":[{}]}'] * 10_000))),
    case(
        "a repeated list",
        with_member('"storage":{' + ",".join(['"files":[{}]'] * 9_999) + "}"),
    ),
    case(
        "a long list that is replaced repeatedly",
        with_member(
            '"storage":{"files":['
            + ",".join(["{}"] * 20_000)
            + "],"
            + ",".join(['"files":[{}]'] * 10_000)
            + "}"
        ),
    ),
    case("ignored keys", with_member(",".join(f'"key{number}":1' for number in range(50_000)))),
    case(
        "ignored keys, one in each file",
        storage(files=[{"path": f"/{number}", f"moed{number}": 1} for number in range(5_000)]),
    ),
    case("a long ignored key", with_member('"' + "s" * 500_000 + '":1')),
]
LISTS = [
    case(
        "links beside files",
        storage(links=links(*(f"/l{number}" for number in range(5_000))), files=[{"path": "/l/f"}]),
    ),
    case(
        "the same link above many files",
        storage(
            links=links("/l") * 1_000, files=[{"path": f"/l/{number}"} for number in range(1_000)]
        ),
    ),
    case("links below links", storage(links=links(*("/a" * depth for depth in range(1, 500))))),
    case(
        "links of many lengths above deep files",
        storage(
            links=links(*("/" + "a" * length for length in range(1, 500))),
            files=[{"path": "/a" * 250 + str(number)} for number in range(250)],
        ),
    ),
    case(
        "hard links to one directory",
        storage(links=[*links("/l")] * 1_000, directories=[{"path": "/t"}] * 1_000),
    ),
    case(
        "partitions in one place",
        storage(
            disks=[
                {
                    "device": "/d",
                    "partitions": [
                        {"number": number, "startMiB": 1, "sizeMiB": 1}
                        for number in range(1, 5_000)
                    ],
                }
            ]
        ),
    ),
    case(
        "disks and filesystems",
        storage(
            disks=[{"device": f"/{number}"} for number in range(3_000)],
            filesystems=[{"device": f"/{number}"} for number in range(3_000)],
        ),
    ),
    case(
        "instances of one long template",
        units(
            {"name": "a@.service", "contents": "[Service]\n" + "A=b\n" * 5_000},
            *({"name": f"a@{number}.service", "enabled": True} for number in range(3_000)),
        ),
    ),
    case(
        "drop-ins",
        units(
            {
                "name": "a.service",
                "dropins": [{"name": f"{n}.conf", "contents": "[A]\nb=c"} for n in range(3_000)],
            }
        ),
    ),
    case("a unit named by ats", units({"name": "@" * 200_000 + ".servic", "enabled": True})),
    case("values of wrong types", storage(files=[{"path": 1, "mode": ""}] * 5_000)),
    case("keys of one user", config(passwd={"users": [{"groups": [*map(str, range(20_000))]}]})),
]
URLS = [
    case("long base64", source("data:;base64," + "A" * 1_000_000)),
    case("base64 in short lines", source("data:;base64," + "A\n" * 200_000)),
    case("long percent encoding", source("data:," + "%41" * 200_000)),
    case("a long quoted parameter", source('data:text/plain;a="' + "\\a" * 200_000 + '",x')),
    case("many parameters", source("data:text/plain" + ";a=b" * 30_000 + ",x")),
    case("a long query", source("s3://a?" + "versionI=&" * 30_000)),
    case("a long ARN", source("arn:" + ":/" * 200_000)),
    case("a long address", source("http://[" + "%25" * 100_000 + "]")),
    case("a long host", source("http://" + "%e4:" * 100_000)),
    case("a long dirty path", file(path="/.." * 200_000)),
]
UNIT_TEXTS = {
    "text before any section": "x\n" * 100_000,
    "blank lines": "[A]" + "\n" * 200_000,
    "carriage returns": "[A]\n" + "\r" * 200_000,
    "a value continued without end": "[A]\nb=" + "c\\\n" * 30_000,
    "a comment continued without end": "[A]\n#" + "\\\n" * 50_000,
    "a name without end": "[A]\n" + "\n" * 2_000 + "b" * 1_000_000,
    "a name of wide characters": "[A]\n" + " " * 2_000 + "\n" + "é" * 900 + "\t" + "é" * 400_000,
    "empty names": "[A]\n" + "=\n" * 10_000,
    "sections in a line": "[A]" * 300_000,
    "brackets": "[" * 1_000_000,
    "one line": "[A]\nb=" + "c" * 1_000_000,
    "wide blanks": "[A]\n" + "\u2028\n" * 20_000,
}


@pytest.mark.parametrize("raw", [*NESTED, *TEXT, *KEYS, *LISTS, *URLS])
def test_a_malicious_config_is_answered_in_bounded_memory(raw: bytes) -> None:
    assert within_memory(len(raw), lambda: parse(raw)).report is not None
    parse(raw, older=True)


@pytest.mark.parametrize("text", UNIT_TEXTS.values(), ids=UNIT_TEXTS.keys())
def test_a_malicious_unit_is_answered_in_bounded_memory(text: str) -> None:
    def read() -> None:
        with suppress(UnitSyntaxError):
            parse_unit(text)

    within_memory(len(text), read)


def within_memory(size: int, function: Callable[[], Any]) -> Any:  # noqa: ANN401 - the result of the function
    tracemalloc.start()
    try:
        result = function()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_MEMORY * size + FOR_A_START
    return result


def test_of_thousands_of_ignored_keys_only_the_first_have_suggestions() -> None:
    raw = storage(files=[{"path": f"/{number}", "moode": 1} for number in range(1_000)])
    report = parse(raw).report
    assert len(report) == 1_000
    assert report[0].message == "unused key moode; did you mean mode?"
    assert report[-1].message == "unused key moode"


def test_a_path_below_many_links_is_reported_at_most_ten_times() -> None:
    raw = storage(links=links(*("/a" * depth for depth in range(1, 20))))
    told = [entry for entry in parse(raw).report if entry.path == "$.storage.links.18"]
    assert len(told) == 10


def test_merging_thousands_of_configs_loses_nothing() -> None:
    configs = [
        {
            "ignition": {"version": "3.4.0"},
            "storage": {"files": [{"path": f"/{number}", "append": [{"source": "data:,"}]}]},
            "passwd": {"users": [{"name": "boot", "sshAuthorizedKeys": [f"key {number}"]}]},
        }
        for number in range(2_000)
    ]
    merged = merge(*configs)
    assert len(merged["storage"]["files"]) == 2_000
    assert len(merged["passwd"]["users"][0]["sshAuthorizedKeys"]) == 2_000
