"""The versions of the specification: 3.4, and how 3.0 to 3.3 differ from it.

A key that a version does not have yet is ignored in its configs, as any unknown key.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

from controller.ignition import schema
from controller.ignition.rules import RULES, Rule, disks, nodes, resources
from controller.ignition.schema import CONFIG, Keyed, List, Struct, Type

CURRENT_MINOR = 4

Rules = Mapping[Struct, tuple[Rule, ...]]


class Specification(NamedTuple):
    """The types and rules of one version."""

    schema: Struct
    rules: Rules


# The minor version in which a field was added.
_FIELDS_SINCE: Mapping[Struct, Mapping[str, int]] = {
    schema.CONFIG: {"kernelArguments": 3},
    schema.IGNITION: {"proxy": 1},
    schema.RESOURCE: {"httpHeaders": 1},
    schema.FILESYSTEM: {"mountOptions": 1},
    schema.STORAGE: {"luks": 2},
    schema.PARTITION: {"resize": 2},
    schema.USER: {"shouldExist": 2},
    schema.GROUP: {"shouldExist": 2},
    schema.LUKS: {"discard": 4, "openOptions": 4},
    schema.TANG: {"advertisement": 4},
}

_CONFIG_REFERENCE = Struct({"source": schema.TEXT, "verification": schema.VERIFICATION})
_CERTIFICATE = Struct({"source": schema.NAME, "verification": schema.VERIFICATION})
_CLEVIS_CUSTOM = Struct(
    {**schema.CLEVIS_CUSTOM.fields, "pin": schema.NAME, "config": schema.NAME}, nullable=True
)
_CLEVIS = Struct({**schema.CLEVIS.fields, "custom": _CLEVIS_CUSTOM}, nullable=True)
# The types of fields before a minor version.
_FIELDS_BEFORE: Mapping[int, Mapping[Struct, Mapping[str, Type]]] = {
    1: {
        schema.IGNITION_CONFIG: {
            "merge": Keyed(_CONFIG_REFERENCE, key=schema.by("source")),
            "replace": _CONFIG_REFERENCE,
        },
        schema.TLS: {"certificateAuthorities": Keyed(_CERTIFICATE, key=schema.by("source"))},
    },
    3: {
        schema.LINK: {"target": schema.NAME},
        schema.RAID: {"level": schema.NAME},
        schema.LUKS: {"clevis": _CLEVIS},
    },
}

_SCHEMES_BEFORE_4 = {name: why for name, why in resources.SCHEMES.items() if name != "arn"}
_SCHEMES_BEFORE_2 = {name: why for name, why in _SCHEMES_BEFORE_4.items() if name != "gs"}
# The rules before a minor version that correspond to current ones.
_RULES_BEFORE: Mapping[int, Mapping[Rule, Rule | None]] = {
    1: {
        resources.configs_to_merge_have_a_source: None,
        resources.certificates_have_a_source: None,
        resources.hash_is_well_formed: partial(
            resources.hash_is_well_formed, hex_digits={"sha512": 128}
        ),
    },
    2: {
        rule: partial(rule, schemes=_SCHEMES_BEFORE_2)
        for rule in (
            resources.source_can_be_fetched,
            resources.certificate_can_be_fetched,
            resources.configs_to_merge_have_a_source,
            resources.certificates_have_a_source,
        )
    },
    3: {
        nodes.link_has_a_target: None,
        nodes.hard_link_is_to_a_file: partial(nodes.hard_link_is_to_a_file, needs_a_target=False),
        disks.raid_level_is_known: partial(
            disks.raid_level_is_known, without_level=disks.UNKNOWN_LEVEL
        ),
        disks.filesystem_has_a_format: partial(
            disks.filesystem_has_a_format, formats=disks.FORMATS - {"none"}
        ),
    },
    4: {
        rule: partial(rule, schemes=_SCHEMES_BEFORE_4)
        for rule in (
            resources.source_can_be_fetched,
            resources.configs_to_merge_have_a_source,
            resources.certificates_have_a_source,
            disks.luks_key_can_be_fetched,
        )
    },
}
# The rules of types that no longer exist.
_OLDER_RULES: Rules = {
    _CONFIG_REFERENCE: (resources.source_can_be_fetched,),
    _CERTIFICATE: (resources.certificate_can_be_fetched,),
    _CLEVIS: (partial(disks.clevis_pins_are_not_mixed, no_custom=_CLEVIS_CUSTOM.blank),),
    _CLEVIS_CUSTOM: (disks.custom_clevis_is_known,),
}


@cache
def specification(minor: int) -> Specification:
    """Return the specification of version 3.`minor`."""
    if minor == CURRENT_MINOR:
        return Specification(CONFIG, RULES)
    rules: dict[Struct, tuple[Rule, ...]] = {}
    return Specification(_struct_of(minor, CONFIG, rules), rules)


def _struct_of(minor: int, struct: Struct, rules: dict[Struct, tuple[Rule, ...]]) -> Struct:
    """Return a struct as of a minor version, and add its rules to `rules`."""
    since = _FIELDS_SINCE.get(struct, {})
    known = dict(struct.fields)
    for before, changed in _FIELDS_BEFORE.items():
        if minor < before:
            known |= changed.get(struct, {})
    fields = {
        name: _type_of(minor, type_, rules)
        for name, type_ in known.items()
        if since.get(name, 0) <= minor
    }
    later = {name: type_ for name, type_ in known.items() if name not in fields}
    older = struct if fields == struct.fields else replace(struct, fields=fields, later=later)
    current = (
        _rule_of(minor, rule) for rule in (RULES.get(struct) or _OLDER_RULES.get(struct, ()))
    )
    rules[older] = tuple(rule for rule in current if rule)
    return older


def _type_of(minor: int, type_: Type, rules: dict[Struct, tuple[Rule, ...]]) -> Type:
    if isinstance(type_, Struct):
        return _struct_of(minor, type_, rules)
    if isinstance(type_, List) and isinstance(type_.of, Struct):
        of = _struct_of(minor, type_.of, rules)
        return type_ if of is type_.of else replace(type_, of=of)
    return type_


def _rule_of(minor: int, rule: Rule) -> Rule | None:
    for before, changed in sorted(_RULES_BEFORE.items()):
        if minor < before and rule in changed:
            return changed[rule]
    return rule
