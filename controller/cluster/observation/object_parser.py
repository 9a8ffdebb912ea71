"""Items of a list, parsed to the models or to the reason why that is impossible."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from controller.api import names
from controller.api.json_object import Json
from controller.api.meta import ApiObject
from controller.cluster.observation.parse_cache import ParseCache
from controller.planning.snapshot import Unreadable
from controller.validation.model_errors import explain

Parsed = TypeVar("Parsed")
Kind = TypeVar("Kind", bound=ApiObject)


def parser_of_kind(kind: type[Kind]) -> ParseCache[Kind | Unreadable]:
    """Return a parser for the objects of one kind of this API group."""

    def parse(item: Json) -> Kind:
        return kind.model_validate({"apiVersion": names.API_VERSION, "kind": kind.__name__, **item})

    return parser(kind.__name__, parse)


def parser(kind: str, parse: Callable[[Json], Parsed]) -> ParseCache[Parsed | Unreadable]:
    """Return a parser for the objects of `kind`; one invalid object does not affect the others."""

    def parse_safely(item: Json) -> Parsed | Unreadable:
        try:
            return parse(item)
        except ValidationError as error:
            return _unreadable(kind, item, _explanations(error, kind, item))
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns one object
            return _unreadable(kind, item, f"{type(error).__name__}: {error}")

    return ParseCache(parse_safely)


def _unreadable(kind: str, item: Json, why: str) -> Unreadable:
    metadata = item["metadata"]
    labels = metadata.get("labels")
    return Unreadable(
        kind=kind,
        name=str(metadata.get("name", "")),
        uid=str(metadata.get("uid", "")),
        labels=labels if isinstance(labels, dict) else {},
        reason=why,
    )


def _explanations(error: ValidationError, kind: str, item: Json) -> str:
    found = (explain(each, kind, item) for each in error.errors())
    return "; ".join(f"{each.path}: {each.reason} ({each.remedy})" for each in found)
