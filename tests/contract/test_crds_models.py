"""The models and the CRDs have the same fields, with the same types and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.crds import MODELS, schemas

if TYPE_CHECKING:
    from tests.contract.crds import Schema

# Properties that both can express. Patterns are not among them: the CRDs have rules instead, whose
# messages contain a remedy, and test_crds_rules compares the two.
COMPARED_KEYS = (
    "maxItems",
    "maxLength",
    "maxProperties",
    "minLength",
    "minimum",
)

# An Ignition config is stored as written: the CRD requires only its version, and so does the model,
# but in code. A number or a percentage is a rule in the CRD and a union in the model.
IN_OTHER_WORDS = (".spec.config", ".spec.maxUnavailable")

# The models have one type for the actions of spec and status, and refuse this one in a spec.
ONLY_IN_A_STATUS = {"Special"}


def shape(schema: Schema, definitions: Schema, path: str = "") -> Any:  # noqa: ANN401
    """Return the properties of a field on both sides in one form."""
    schema = definitions.get(schema.get("$ref", "").removeprefix("#/$defs/"), schema)
    if "anyOf" in schema and path not in IN_OTHER_WORDS:
        (schema,) = (one for one in schema["anyOf"] if one.get("type") != "null")
        return shape(schema, definitions, path)
    if path in IN_OTHER_WORDS:
        return "in other words"
    properties: dict[str, Any] = {key: schema[key] for key in COMPARED_KEYS if key in schema}
    properties["type"] = schema.get("type")
    properties["required"] = sorted(schema.get("required", []))
    if "enum" in schema:
        properties["enum"] = sorted(set(schema["enum"]) - ONLY_IN_A_STATUS)
    if schema.get("format") == "date-time":
        properties["format"] = "date-time"
    if "items" in schema:
        properties["items"] = shape(schema["items"], definitions, f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        properties["values"] = shape(schema["additionalProperties"], definitions, f"{path}{{}}")
    if "properties" in schema:
        properties["properties"] = {
            name: shape(field, definitions, f"{path}.{name}")
            for name, field in schema["properties"].items()
            if f"{path}.{name}" not in {".apiVersion", ".kind", ".metadata"}
        }
    return properties


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_matches_its_crd(kind: str) -> None:
    of_the_model = MODELS[kind].model_json_schema(by_alias=True)
    ours = shape(of_the_model, of_the_model["$defs"])
    ours["required"].remove("metadata")  # the API server requires it in every kind
    assert ours == shape(schemas()[kind], {})


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_has_a_model_with_its_name(kind: str) -> None:
    assert MODELS[kind].model_fields["kind"].default == kind
    assert set(MODELS) == set(schemas())
