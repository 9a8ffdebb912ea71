"""Every case of the reference implementation of Ignition has the same result here.

The cases are beside the checkout, or in the directory that IGNITION_CASES names. A message may
contain more than the reference's, and texts of its libraries are not compared.
"""

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from controller.ignition import (
    DataURLError,
    ParseResult,
    UnitSyntaxError,
    decode_data_url,
    merge,
    parse,
    parse_unit,
)

Case = dict[str, Any]
Findings = list[tuple[str, str, str]]

BESIDE_THE_CHECKOUT = Path(__file__).parents[3] / "shared" / "ignition"
FOLDER = Path(os.environ.get("IGNITION_CASES", BESIDE_THE_CHECKOUT))
# Here the message of the reference's JSON library is replaced by a longer one with positions.
OF_ITS_JSON_LIBRARY = (
    "json: cannot unmarshal",
    "invalid character '",
    "unexpected end of JSON input",
)
NOT_OURS = ("illegal base64 data", "context tree does not match content tree")
# The reference prints these beside its report; here they are entries of it, so that users see them.
OUTSIDE_THE_REPORT = {
    "unsupported config version": "$.ignition.version",
    "invalid config version (couldn't parse)": "$.ignition.version",
    "not a config (empty)": "$",
}

if not FOLDER.is_dir():
    missing = f"NO REFERENCE CASES WERE RUN: there is no folder {FOLDER.name} (see IGNITION_CASES)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing, allow_module_level=True)


def cases(name: str, having: str = "id") -> list[Any]:
    """Return a file's cases that have a field; one skipped parameter if there is no file."""
    file = FOLDER / name
    if not file.is_file():
        absent = pytest.mark.skip(reason=f"NO CASES OF {name} WERE RUN: the file is not there")
        return [pytest.param({}, marks=absent, id="absent")]
    lines = file.read_text(encoding="utf-8").splitlines()
    read = map(json.loads, lines)
    return [pytest.param(case, id=case["id"]) for case in read if having in case]


def raw(case: Case) -> bytes:
    return base64.b64decode(case["raw_b64"]) if "raw_b64" in case else case["raw"].encode()


def expected(report: Iterable[Case], error: str | None) -> Findings:
    findings = [(entry["kind"], entry["path"], entry["message"]) for entry in report]
    if error in OUTSIDE_THE_REPORT:
        findings.append(("error", OUTSIDE_THE_REPORT[error], ""))
    return sorted(findings)


def assert_same(result: ParseResult, answer: Case) -> None:
    assert result.valid == answer["valid"]
    assert result.config == answer.get("config")
    wanted = expected(answer["report"], answer.get("error"))
    if any(message.startswith(OF_ITS_JSON_LIBRARY) for _, _, message in wanted):
        return
    found = sorted((entry.severity, entry.path, entry.message) for entry in result.report)
    assert [entry[:2] for entry in found] == [entry[:2] for entry in wanted]
    for (_, _, message), (_, _, reference) in zip(found, wanted, strict=True):
        assert message.startswith(reference) or reference.startswith(NOT_OURS)


@pytest.mark.parametrize("case", cases("validate.jsonl"))
def test_a_config_is_validated_as_by_the_reference(case: Case) -> None:
    assert_same(parse(raw(case)), case)


@pytest.mark.parametrize("case", cases("validate.jsonl", having="compat"))
def test_an_older_config_is_translated_as_by_the_reference(case: Case) -> None:
    assert_same(parse(raw(case), older=True), case["compat"])


@pytest.mark.parametrize("case", cases("merge.jsonl"))
def test_configs_are_merged_as_by_the_reference(case: Case) -> None:
    merged = merge(*case["configs"])
    assert merged == case["merged"]
    result = parse(json.dumps(merged).encode())
    assert result.valid == case["merged_valid"]
    if result.valid or case["merged_report"]:  # an unsupported version is in no report
        found = sorted((entry.severity, entry.path) for entry in result.report)
        assert found == [entry[:2] for entry in expected(case["merged_report"], None)]


@pytest.mark.parametrize("case", cases("dataurl.jsonl"))
def test_a_data_url_is_decoded_as_by_the_reference(case: Case) -> None:
    if "error" in case:
        with pytest.raises(DataURLError):
            decode_data_url(case["input"])
        return
    url = decode_data_url(case["input"])
    assert url.data == base64.b64decode(case["data_b64"])
    assert (url.media_type, url.params) == (case["media_type"], case["params"])
    assert url.encoding == case["encoding"]


@pytest.mark.parametrize("case", cases("unit.jsonl"))
def test_unit_text_is_parsed_as_by_the_reference(case: Case) -> None:
    if "error" in case:
        with pytest.raises(UnitSyntaxError) as refused:
            parse_unit(case["input"])
        assert f"invalid unit content: {refused.value}" == case["error"]
        return
    options = [[option.section, option.name, option.value] for option in parse_unit(case["input"])]
    assert options == case["options"]
