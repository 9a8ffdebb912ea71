"""Every file, unit, drop-in and key has its MachineConfigs."""

from typing import Any

import pytest

from controller.rendering.render import Rendered, render
from tests.unit.rendering.build import files, keys, machine_config, units


def provenance(*configs: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return, by item, the origin and the overridden, of MachineConfigs named a, b, c."""
    sources = [machine_config(name, **each) for name, each in zip("abc", configs, strict=False)]
    rendered = render("worker", sources, "boot")
    assert isinstance(rendered, Rendered), rendered
    return {
        f"{each.item_type} {each.name}": ("".join(each.origin), "".join(each.overrode))
        for each in rendered.provenance
    }


def a_file(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    return files({"path": "/etc/a"} | members)


def a_unit(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a unit
    return units({"name": "a.service"} | members)


def saying(text: str) -> dict[str, Any]:
    return {"contents": {"source": f"data:,{text}"}}


def dropin(text: str) -> dict[str, Any]:
    return a_unit(dropins=[{"name": "10-a.conf", "contents": text}])


@pytest.mark.parametrize(
    ("configs", "item", "expected"),
    [
        pytest.param([a_file()], "file /etc/a", ("a", ""), id="one alone"),
        pytest.param(
            [a_file(**saying("1")), a_file(**saying("2"))],
            "file /etc/a",
            ("b", "a"),
            id="the later one wins",
        ),
        pytest.param(
            [a_file(**saying("1")), {}, a_file(mode=384)],
            "file /etc/a",
            ("ac", ""),
            id="two with different settings share it",
        ),
        pytest.param(
            [a_file(**saying("1"), mode=420), a_file(mode=384)],
            "file /etc/a",
            ("ab", "a"),
            id="one setting replaced, another kept",
        ),
        pytest.param(
            [a_file(mode=384), a_file(mode=384)],
            "file /etc/a",
            ("ab", ""),
            id="an equal setting overrides nothing",
        ),
        pytest.param(
            [a_file(mode=384), a_file(mode=420), a_file(mode=416)],
            "file /etc/a",
            ("c", "ab"),
            id="two overridden",
        ),
        pytest.param(
            [a_unit(contents="[Unit]\n", mask=False), a_unit(mask=True)],
            "unit a.service",
            ("ab", "a"),
            id="a unit",
        ),
        pytest.param(
            [a_unit(enabled=True), dropin("[Unit]\n")],
            "unit a.service",
            ("ab", ""),
            id="a drop-in overrides nothing of its unit",
        ),
        pytest.param(
            [dropin("[Unit]\n"), dropin("[Service]\n")],
            "dropin a.service/10-a.conf",
            ("b", "a"),
            id="a drop-in",
        ),
        pytest.param(
            [keys("ssh-rsa A", "ssh-rsa B"), keys("ssh-rsa B")],
            "sshkey ssh-rsa B",
            ("ab", ""),
            id="a key in two MachineConfigs",
        ),
    ],
)
def test_an_item_comes_from(
    configs: list[dict[str, Any]], item: str, expected: tuple[str, str]
) -> None:
    assert provenance(*configs)[item] == expected


def test_every_item_of_the_rendered_config_has_one_provenance() -> None:
    whole = a_file() | dropin("[Unit]\n") | keys("ssh-rsa A")

    assert list(provenance(whole, whole)) == [
        "file /etc/a",
        "unit a.service",
        "dropin a.service/10-a.conf",
        "sshkey ssh-rsa A",
    ]
