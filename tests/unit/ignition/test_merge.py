"""Merging: later configs win, and nothing else is lost."""

import copy
from typing import Any

import pytest

from controller.ignition import merge

VERSION = {"version": "3.4.0"}


def config(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any plain data
    return {"ignition": VERSION} | members


def files(*files: dict[str, Any]) -> dict[str, Any]:
    return config(storage={"files": list(files)})


def user(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    return config(passwd={"users": [{"name": "boot"} | members]})


@pytest.mark.parametrize(
    ("configs", "merged"),
    [
        pytest.param([files({"path": "/f"})], files({"path": "/f"}), id="one config stays itself"),
        pytest.param(
            [files({"path": "/f", "mode": 1}), files({"path": "/f", "mode": 2})],
            files({"path": "/f", "mode": 2}),
            id="the later setting wins",
        ),
        pytest.param(
            [files({"path": "/f", "mode": 1}), files({"path": "/f", "mode": None})],
            files({"path": "/f", "mode": 1}),
            id="unset members keep the earlier value",
        ),
        pytest.param(
            [user(passwordHash="p"), user(passwordHash="")],
            user(passwordHash=""),
            id="an empty string is a setting",
        ),
        pytest.param(
            [user(sshAuthorizedKeys=["a", "b"]), user(sshAuthorizedKeys=["c", "b"])],
            user(sshAuthorizedKeys=["a", "b", "c"]),
            id="keys are combined",
        ),
        pytest.param(
            [user(sshAuthorizedKeys=["a"]), user(sshAuthorizedKeys=[])],
            user(sshAuthorizedKeys=["a"]),
            id="an empty list removes nothing",
        ),
        pytest.param(
            [
                files({"path": "/b"}, {"path": "/a"}),
                files({"path": "/c"}, {"path": "/a", "mode": 1}),
            ],
            files({"path": "/b"}, {"path": "/a", "mode": 1}, {"path": "/c"}),
            id="entries keep their position and new ones follow",
        ),
        pytest.param(
            [files({"path": "/a"}), config(storage={"links": [{"path": "/a", "target": "/t"}]})],
            config(storage={"links": [{"path": "/a", "target": "/t"}]}),
            id="a path becomes what the later config says",
        ),
        pytest.param(
            [
                config(kernelArguments={"shouldExist": ["a"]}),
                config(kernelArguments={"shouldNotExist": ["a"]}),
            ],
            config(kernelArguments={"shouldNotExist": ["a"]}),
            id="the later config decides whether a kernel argument exists",
        ),
        pytest.param(
            [files({"path": "/f", "append": [{"source": "data:,a"}]})] * 2,
            files({"path": "/f", "append": [{"source": "data:,a"}] * 2}),
            id="every append is kept",
        ),
        pytest.param(
            [
                files({"path": "/f", "contents": {"httpHeaders": [{"name": "A", "value": "1"}]}}),
                files({"path": "/f", "contents": {"httpHeaders": [{"name": "A"}]}}),
            ],
            files({"path": "/f"}),
            id="a header without a value removes the header of the same name",
        ),
        pytest.param(
            [
                files({"path": "/f"}),
                config(storage={"links": [{"path": "/f", "target": "/t"}]}),
                files({"path": "/f", "mode": 1}),
            ],
            files({"path": "/f", "mode": 1}),
            id="a removed entry that is added again is new",
        ),
        pytest.param(
            [files({"path": "/f"}), {"ignition": {"version": ""}}],
            files({"path": "/f"}),
            id="an empty config changes nothing",
        ),
        pytest.param(
            [
                files({"path": "/f", "mode": 1}),
                config(),
                files({"path": "/f", "mode": 2}),
                config(),
            ],
            files({"path": "/f", "mode": 2}),
            id="many configs are merged from the left",
        ),
    ],
)
def test_several_configs_are_merged(configs: list[dict[str, Any]], merged: dict[str, Any]) -> None:
    assert merge(*configs) == merged


def test_a_merge_neither_modifies_nor_shares_its_inputs() -> None:
    inputs = [files({"path": "/f", "user": {"id": 1}}), user(sshAuthorizedKeys=["a"])]
    before = copy.deepcopy(inputs)
    merged = merge(*inputs)
    merged["storage"]["files"][0]["user"]["id"] = 2
    merged["passwd"]["users"][0]["sshAuthorizedKeys"].append("b")
    assert inputs == before
