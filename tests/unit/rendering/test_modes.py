"""A mode in decimal digits is reported with the intended number."""

from typing import Any

import pytest

from controller.rendering.render import Rendered, render
from tests.unit.rendering.build import files, machine_config

WHERE = "0: spec.config.storage.files.0.mode: "


def said(mode: object) -> tuple[str, list[str]]:
    """Return whether a file with this mode is accepted, and the message."""
    file: dict[str, Any] = {"path": "/etc/a", "mode": mode}
    found = render("worker", [machine_config("0", **files(file))], "boot")
    if isinstance(found, Rendered):
        return "accepted", [str(each).removeprefix(WHERE) for each in found.warnings]
    return "refused", [str(each).removeprefix(WHERE) for each in found]


@pytest.mark.parametrize("mode", [0, 0o400, 0o600, 0o640, 0o644, 0o755, 0o777, 0o22])
def test_a_usual_mode_is_accepted_without_a_warning(mode: int) -> None:
    assert said(mode) == ("accepted", [])


@pytest.mark.parametrize(
    ("mode", "reason", "remedy"),
    [
        (
            644,
            "the decimal number 644 is the mode 01204",
            "for 0644 write 0644 in YAML or 420 in JSON",
        ),
        (
            755,
            "the decimal number 755 is the mode 01363",
            "for 0755 write 0755 in YAML or 493 in JSON",
        ),
        (
            600,
            "the decimal number 600 is the mode 01130",
            "for 0600 write 0600 in YAML or 384 in JSON",
        ),
    ],
)
def test_an_impossible_decimal_mode_is_refused_with_the_intended_one(
    mode: int, reason: str, remedy: str
) -> None:
    assert said(mode) == ("refused", [f"{reason} ({remedy})"])


@pytest.mark.parametrize("mode", [400, 440, 444, 500])
def test_an_unlikely_mode_leads_to_a_warning(mode: int) -> None:
    verdict, [warning] = said(mode)

    assert verdict == "accepted"
    assert f"for 0{mode} write 0{mode} in YAML" in warning


@pytest.mark.parametrize("text", ["0644", "644", "0o644", " 0644 "])
def test_a_mode_as_a_string_is_refused_with_the_number_to_write(text: str) -> None:
    verdict, [reason] = said(text)

    assert verdict == "refused"
    assert reason.endswith("(write the number 0644 in YAML or 420 in JSON, without quotes)")


@pytest.mark.parametrize("text", ["", "rw-r--r--", "u+x", "99", "10644"])
def test_a_string_that_is_not_a_mode_is_refused_with_an_example(text: str) -> None:
    verdict, [reason] = said(text)

    assert verdict == "refused"
    assert "write permission bits: 0644 in YAML or 420 in JSON" in reason
