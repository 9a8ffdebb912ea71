"""The parts that all kinds share: base model, metadata, conditions, references, selectors."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic.alias_generators import to_camel

from controller.api.names import API_VERSION

Count = Annotated[StrictInt, Field(ge=0)]
ConfigName = Annotated[str, Field(max_length=253)]
LabelValue = Annotated[str, Field(max_length=63)]
ReferencePart = Annotated[str, Field(max_length=253)] | None


class ApiModel(BaseModel):
    """An immutable part of an API object: camelCase in JSON, snake_case in Python.

    Unknown keys are ignored, so that a newer CRD does not break this version.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    def to_api(self) -> dict[str, Any]:
        """Return the JSON object for the API server, without fields that are None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def keyed_by(field: str) -> AfterValidator:
    """Return a validator for a list of type map: keys must be unique."""

    def unique(items: tuple[ApiModel, ...]) -> tuple[ApiModel, ...]:
        seen: set[str] = set()
        for item in items:
            key = getattr(item, field)
            if key in seen:
                raise ValueError(f"{field} {key} is given twice: merge the two")
            seen.add(key)
        return items

    return AfterValidator(unique)


class OwnerReference(ApiModel):
    """The object with which this one is garbage-collected.

    `block_owner_deletion` stays unset in new references: it can require a permission on the
    owner's finalizers.
    """

    api_version: str
    kind: str
    name: str
    uid: str
    controller: StrictBool | None = None
    block_owner_deletion: StrictBool | None = None


class ObjectMeta(ApiModel):
    """The parts of an object's metadata that are read or written here."""

    name: str
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: AwareDatetime | None = None
    deletion_timestamp: AwareDatetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()


class ApiObject(ApiModel):
    """An object of this API group; each subclass has its name in `kind`."""

    api_version: str = Field(default=API_VERSION, pattern=f"^{API_VERSION}$")
    metadata: ObjectMeta

    @property
    def name(self) -> str:
        """The object's name, unique within its kind, because all kinds are cluster-scoped."""
        return self.metadata.name


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(ApiModel):
    """A condition as in all Kubernetes statuses."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    status: ConditionStatus
    reason: Annotated[str, Field(max_length=1024)] = ""
    message: Annotated[str, Field(max_length=32768)] = ""
    last_transition_time: AwareDatetime | None = None
    observed_generation: Count | None = None


Conditions = Annotated[tuple[Condition, ...], Field(max_length=20), keyed_by("type")]


class ObjectReference(ApiModel):
    """A reference to another object of this API group; its name is sufficient."""

    api_version: ReferencePart = None
    kind: ReferencePart = None
    name: ReferencePart = None
    namespace: ReferencePart = None
    uid: ReferencePart = None
    resource_version: ReferencePart = None
    field_path: ReferencePart = None


class SelectorOperator(StrEnum):
    """The operator of a label selector requirement."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class LabelSelectorRequirement(ApiModel):
    """One requirement on one label."""

    key: Annotated[str, Field(min_length=1, max_length=317)]
    operator: SelectorOperator
    values: Annotated[tuple[LabelValue, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _values_fit_the_operator(self) -> Self:
        compares = self.operator in {SelectorOperator.IN, SelectorOperator.NOT_IN}
        if compares != bool(self.values):
            raise ValueError(
                "In and NotIn need at least one value; Exists and DoesNotExist take none"
            )
        return self

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels fulfil the requirement."""
        match self.operator:
            case SelectorOperator.IN:
                return labels.get(self.key) in self.values
            case SelectorOperator.NOT_IN:
                return labels.get(self.key) not in self.values
            case SelectorOperator.EXISTS:
                return self.key in labels
            case SelectorOperator.DOES_NOT_EXIST:
                return self.key not in labels


class LabelSelector(ApiModel):
    """Selects objects by their labels; all requirements must hold.

    An empty selector matches nothing. Kubernetes leaves that to each API; a pool that selects all
    nodes by mistake would be the more expensive error.
    """

    match_labels: Annotated[dict[str, LabelValue], Field(max_length=100)] = {}
    match_expressions: Annotated[tuple[LabelSelectorRequirement, ...], Field(max_length=100)] = ()

    @property
    def empty(self) -> bool:
        """Whether the selector has no requirement, and so matches nothing."""
        return not self.match_labels and not self.match_expressions

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return (
            not self.empty
            and all(labels.get(key) == value for key, value in self.match_labels.items())
            and all(requirement.matches(labels) for requirement in self.match_expressions)
        )
