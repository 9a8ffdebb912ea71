"""JSON and YAML output."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import yaml

from controller.cli.kubectl_mc.terminal import streams


class Output(StrEnum):
    """The values of `--output`."""

    JSON = "json"
    YAML = "yaml"


def print_document(document: Any, output: Output) -> bool:  # noqa: ANN401 - any JSON
    """Print a document; return False if the reader has closed the pipe."""
    text = as_yaml(document) if output is Output.YAML else json.dumps(document, indent=2) + "\n"
    return streams.write(text)


def as_yaml(document: Any) -> str:  # noqa: ANN401 - any JSON
    """Return YAML as a user would write it: block text, and file modes in octal."""
    return yaml.dump(
        _with_octal_modes(document),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )


class _Mode(int):
    """A number that is printed in octal."""


class _Dumper(yaml.SafeDumper):
    """YAML that kubectl reads back unchanged."""

    def text(self, text: str) -> yaml.ScalarNode:
        """Write a string of several lines as a block, where YAML allows it."""
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def mode(self, mode: _Mode) -> yaml.ScalarNode:
        """Write 0644, which YAML 1.1, and so kubectl, reads as octal."""
        return self.represent_scalar("tag:yaml.org,2002:int", f"{mode:04o}")


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(_Mode, _Dumper.mode)
# Go's YAML reads these as numbers, so as strings they need quotes.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?0[box][0-9a-fA-F_]+\Z"),
    list("-+.0123456789"),
)


def _with_octal_modes(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {
            key: _Mode(item) if key == "mode" and type(item) is int else _with_octal_modes(item)
            for key, item in value.items()
        }
    return [_with_octal_modes(item) for item in value] if isinstance(value, list) else value
