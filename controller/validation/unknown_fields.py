"""Unknown fields, which kubectl refuses."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from controller.api.meta import ApiObject
from controller.manifests.document import Path, dotted
from controller.manifests.problem import Finding, error
from controller.suggestions import did_you_mean

Schema = dict[str, Any]

# All fields of the metadata; the model has only those that are used here.
_METADATA: Final = (
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
# Keys of an Ignition config that is one level too high.
_SECTIONS: Final = frozenset({"ignition", "storage", "systemd", "passwd"})
_MOVE: Final = "move it below spec.config"


def unknown_fields(model: type[ApiObject], content: Any) -> Iterator[Finding]:  # noqa: ANN401 - plain data
    """Yield an error for each field that `model` does not have; free-form fields are skipped."""
    schema = _schema(model)
    yield from _unknown(content, schema, schema["$defs"], ())


@cache
def _schema(model: type[ApiObject]) -> Schema:
    schema = model.model_json_schema(by_alias=True)
    metadata: Schema = {"properties": {name: {} for name in _METADATA}}
    return {**schema, "properties": {**schema["properties"], "metadata": metadata}}


def _unknown(
    value: Any,  # noqa: ANN401 - plain data
    schema: Schema,
    definitions: Schema,
    path: Path,
) -> Iterator[Finding]:
    schema = _resolved(schema, definitions)
    if isinstance(value, dict) and (fields := schema.get("properties")):
        for name, member in value.items():
            if name in fields:
                yield from _unknown(member, fields[name], definitions, (*path, name))
            else:
                meant = did_you_mean(name, fields, "remove it")
                remedy = _MOVE if name in _SECTIONS and "config" in fields else meant
                yield error(dotted((*path, name)), f"unknown field {name}", remedy)
    elif isinstance(value, list) and (items := schema.get("items")):
        for index, item in enumerate(value):
            yield from _unknown(item, items, definitions, (*path, index))


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """Return the schema behind references and behind `or null`."""
    if "$ref" in schema:
        return _resolved(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    branches = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return _resolved(branches[0], definitions) if branches else schema
