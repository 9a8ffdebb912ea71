"""Every bound of the CRDs: a value at the bound is accepted, one beyond it is refused.

The cases are generated from the CRDs themselves, so that none is missing. Parts of a CRD that are
written once and used in several places (YAML anchors) are tested in the first of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pydantic import ValidationError

from controller.api.names import API_VERSION
from tests.contract.crds import MODELS, branches, install, schemas, walk

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.contract.crds import ApiServer, Kubectl, Schema

# The API server's message for a value beyond a bound.
REFUSALS = {
    "enum": "Unsupported value",
    "format": "must be of type date-time",
    "maxItems": "Too many",
    "maxLength": "Too long",
    "maxProperties": "Too many",
    "minLength": "should be at least",
    "minimum": "should be greater than or equal to",
    "required": "Required value",
    "x-kubernetes-list-map-keys": "Duplicate value",
}

# A field that needs another one beside it.
PARTNERS = {
    "reload": {"type": "Reload"},
    "restart": {"type": "Restart"},
    "values": {"operator": "In"},
}
# An enum value that may be alone and repeated.
PLAIN = ("Drain", "Exists")


class Bound(NamedTuple):
    """A value of a field at its bound, and one beyond it."""

    kind: str
    path: str
    keyword: str
    fits: Any
    beyond: Any

    def object(self, value: object) -> dict[str, Any]:
        """Return an object with nothing except the path to the field, and this value in it."""
        steps = self.path.replace("[]", ".[]").replace("{}", ".{}").split(".")[1:]
        return named(self.kind, lead_to(schemas()[self.kind], steps, value))


def named(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    """Return an object of this kind, with a valid name."""
    name = "cluster" if kind == "MachineConfiguration" else "bounded"
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, **thing}


def lead_to(schema: Schema, steps: list[str], value: object) -> Any:  # noqa: ANN401
    """Return the smallest value of this schema that has the value at the end of the steps."""
    if not steps:
        return value
    step, *rest = steps
    if step == "[]":
        return [lead_to(schema["items"], rest, value)]
    if step == "{}":
        return {"key": lead_to(schema["additionalProperties"], rest, value)}
    below = lead_to(schema["properties"][step], rest, value)
    return {**smallest(schema), **PARTNERS.get(step, {}), step: below}


def smallest(schema: Schema, number: int = 0) -> Any:  # noqa: ANN401
    """Return the smallest value of this schema; another number gives another one, if possible."""
    if schema.get("x-kubernetes-int-or-string"):
        return 1
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {key: smallest(properties[key], number) for key in schema.get("required", [])}
        case "array":
            return []
        case "integer":
            return 0
        case "boolean":
            return False
        case _:
            return text(schema, number)


def text(schema: Schema, number: int = 0, length: int = 0) -> str:
    """Return a string of this schema with at least this length."""
    if "enum" in schema:
        return next((word for word in PLAIN if word in schema["enum"]), str(schema["enum"][0]))
    if schema.get("format") == "date-time":
        return "2026-01-02T03:04:05Z"
    rules = "".join(rule["rule"] for rule in schema.get("x-kubernetes-validations", []))
    start, end = f"a{number}", ""
    if "service" in rules:
        end = ".service"
    elif "startsWith('/')" in rules:
        start = f"/{start}"
    elif "3\\\\." in rules:
        start = "3.4."
        length = max(length, len(start) + 1)
    elif "}h)" in rules:
        return "00001h00001m00001s".rjust(length, "0") if length else "1h"
    return start + "0" * (length - len(start) - len(end)) + end


def bounds(kind: str, schema: Schema, path: str, seen: set[int]) -> Iterator[Bound]:
    """Yield the bounds of a part of a schema and of everything below it."""
    if id(schema) in seen:
        return
    seen.add(id(schema))
    for keyword, limit in schema.items():
        if keyword in PAIRS and limit not in ("int32", "int64"):
            fits, beyond = PAIRS[keyword](schema, limit)
            yield Bound(kind, path, keyword, fits, beyond)
    for key in schema.get("required", []):
        whole = smallest(schema)
        yield Bound(kind, path, "required", whole, {k: whole[k] for k in whole if k != key})
    for step, branch in branches(schema):
        if path + step not in {".metadata", ".apiVersion", ".kind"}:
            yield from bounds(kind, branch, path + step, seen)


PAIRS: dict[str, Any] = {
    "enum": lambda schema, _: (text(schema), "Nonsense"),
    "format": lambda schema, _: (text(schema), "yesterday"),
    "maxItems": lambda schema, limit: (many(schema, limit), many(schema, limit + 1)),
    "maxLength": lambda schema, limit: (text(schema, 0, limit), text(schema, 0, limit + 1)),
    "maxProperties": lambda schema, limit: (
        {f"key{n}": smallest(schema["additionalProperties"]) for n in range(limit)},
        {f"key{n}": smallest(schema["additionalProperties"]) for n in range(limit + 1)},
    ),
    "minLength": lambda schema, limit: (text(schema, 0, limit), ""),
    "minimum": lambda _, limit: (limit, limit - 1),
    "x-kubernetes-list-map-keys": lambda schema, _: (many(schema, 2), many(schema, 1) * 2),
}


def many(schema: Schema, count: int) -> list[Any]:
    """Return a list of different items."""
    return [smallest(schema["items"], number) for number in range(count)]


BOUNDS = [
    bound
    for kind, schema in schemas().items()
    for bound in bounds(kind, schema, "", set())
    # An int-or-string is bounded by a rule: test_crds_rules.
    if not bound.path.endswith(".maxUnavailable")
]

by_bound = pytest.mark.parametrize(
    "bound", BOUNDS, ids=lambda bound: f"{bound.kind}{bound.path}-{bound.keyword}"
)


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer) -> Iterator[Kubectl]:
    """Only an existing object accepts a status, so there is one of each kind."""
    kubectl = install(api_server)
    smallest_ones = (named(kind, smallest(schema)) for kind, schema in schemas().items())
    objects = "\n---\n".join(json.dumps(thing) for thing in smallest_ones)
    there = kubectl("apply", "-f", "-", stdin=objects)
    assert there.returncode == 0, there.stderr
    yield kubectl
    kubectl("delete", "-f", "-", stdin=objects)


def submit(bound: Bound, value: object, kubectl: Kubectl) -> subprocess.CompletedProcess[str]:
    """Submit an object in a dry run, as a user or as the controller."""
    thing = bound.object(value)
    if not bound.path.startswith(".status"):
        return kubectl("replace", "--dry-run=server", "-f", "-", stdin=json.dumps(thing))
    patch = json.dumps({"status": thing["status"]})
    options = ("--subresource=status", "--type=merge", "--dry-run=server", "--patch", patch)
    return kubectl("patch", bound.kind, thing["metadata"]["name"], *options)


@by_bound
def test_the_api_server_accepts_values_up_to_the_bound_and_no_further(
    bound: Bound, kubectl: Kubectl
) -> None:
    fits = submit(bound, bound.fits, kubectl)
    assert fits.returncode == 0, fits.stderr
    beyond = submit(bound, bound.beyond, kubectl)
    assert beyond.returncode != 0, f"accepted: {beyond.stdout}"
    assert REFUSALS[bound.keyword] in beyond.stderr


def test_every_kind_of_bound_in_the_crds_is_tested_here() -> None:
    others = {"exclusiveMinimum", "exclusiveMaximum", "maximum", "minItems", "minProperties"}
    others |= {"multipleOf", "pattern", "uniqueItems"}
    used = {key for schema in schemas().values() for _, piece in walk(schema) for key in piece}
    assert used & others == set()


@by_bound
def test_the_models_have_the_same_bounds(bound: Bound) -> None:
    model = MODELS[bound.kind]
    model.model_validate(bound.object(bound.fits))
    with pytest.raises(ValidationError):
        model.model_validate(bound.object(bound.beyond))
