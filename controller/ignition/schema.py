"""The types of Ignition 3.4.0, declared once for decoding, validation and merging.

`TEXT`, `NUMBER` and `FLAG` can be unset. A `NAME` always has a value, by default the empty string.
Items of a keyed list are identified by their key: in one config two items with the same key are
duplicates; from several configs they are merged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

# A decoded struct: fields by name.
Content = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Scalar:
    """A string, an integer or a boolean."""

    python: type[str | int | bool]
    blank: str | None = None
    blank_is_unset: bool = False

    @cached_property
    def may_be_unset(self) -> bool:
        """Whether `null` unsets an earlier key of the same name."""
        return self.blank is None and not self.blank_is_unset


@dataclass(frozen=True, eq=False)
class Struct:
    """An object with known members.

    The lists named in `one_namespace` share their keys: a path is a file or a directory, never
    both. Their order decides which of two duplicates is the later one. `null` is a valid value of a
    `nullable` struct. Fields of a `later` version are always blank.
    """

    fields: Mapping[str, "Type"]
    one_namespace: tuple[str, ...] = ()
    nullable: bool = False
    later: Mapping[str, "Type"] = field(default_factory=dict)

    @cached_property
    def blank(self) -> Content:
        """The content of an empty object."""
        return {name: type_.blank for name, type_ in {**self.fields, **self.later}.items()}

    @cached_property
    def folded(self) -> Mapping[str, str]:
        """The names of the fields by their names in lower case."""
        return {name.lower(): name for name in self.fields}

    @cached_property
    def parts(self) -> Mapping[str, "Struct | List"]:
        """The fields that are structs or lists of structs."""
        return {
            name: type_
            for name, type_ in self.fields.items()
            if isinstance(type_, Struct)
            or (isinstance(type_, List) and isinstance(type_.of, Struct))
        }

    @cached_property
    def namespaces(self) -> tuple[Mapping[str, "Keyed"], ...]:
        """The keyed lists, grouped by namespace."""
        keyed = {name: type_ for name, type_ in self.fields.items() if isinstance(type_, Keyed)}
        shared = {name: keyed.pop(name) for name in self.one_namespace}
        alone = ({name: type_} for name, type_ in keyed.items())
        return (shared, *alone) if shared else tuple(alone)


@dataclass(frozen=True, eq=False)
class List:
    """A list without keys; a merge appends its items."""

    of: Scalar | Struct
    blank: ClassVar[Sequence[Any]] = ()


@dataclass(frozen=True, eq=False)
class Keyed(List):
    """A list whose items have a key.

    In a merge, an item of the later config that `removes` deletes the item with the same key.
    """

    key: Callable[[Any], str]
    removes: Callable[[Any], bool] = lambda _: False


Type = Scalar | Struct | List


def by(name: str) -> Callable[[Content], str]:
    """Return a key function for objects that are identified by one field."""
    return lambda item: item.get(name) or ""


def itself(item: str) -> str:
    """Return an item that is its own key."""
    return item


def by_number_or_label(partition: Content) -> str:
    """Return the key of a partition: its number, or else its label."""
    if number := partition.get("number"):
        return f"number:{number}"
    label = partition.get("label")
    return "" if label is None else f"label:{label}"


def has_no_value(header: Content) -> bool:
    """Whether a header removes the header of the same name of an earlier config."""
    return header.get("value") is None


TEXT = Scalar(str)
NUMBER = Scalar(int)
FLAG = Scalar(bool)
NAME = Scalar(str, blank="")
TEXT_IF_ANY = Scalar(str, blank_is_unset=True)
NUMBER_IF_ANY = Scalar(int, blank_is_unset=True)

STRINGS = Keyed(NAME, key=itself)
REPEATABLE_STRINGS = List(NAME)

VERIFICATION = Struct({"hash": TEXT})
RESOURCE = Struct(
    {
        "source": TEXT,
        "compression": TEXT,
        "httpHeaders": Keyed(
            Struct({"name": NAME, "value": TEXT}), key=by("name"), removes=has_no_value
        ),
        "verification": VERIFICATION,
    }
)
RESOURCES = Keyed(RESOURCE, key=by("source"))

IGNITION_CONFIG = Struct({"merge": RESOURCES, "replace": RESOURCE})
TLS = Struct({"certificateAuthorities": RESOURCES})
PROXY = Struct({"httpProxy": TEXT, "httpsProxy": TEXT, "noProxy": STRINGS})
IGNITION = Struct(
    {
        "version": NAME,
        "config": IGNITION_CONFIG,
        "timeouts": Struct({"httpResponseHeaders": NUMBER, "httpTotal": NUMBER}),
        "security": Struct({"tls": TLS}),
        "proxy": PROXY,
    }
)

OWNER = Struct({"id": NUMBER, "name": TEXT})
NODE: Mapping[str, Type] = {"path": NAME, "overwrite": FLAG, "user": OWNER, "group": OWNER}
DIRECTORY = Struct({**NODE, "mode": NUMBER})
FILE = Struct({**NODE, "contents": RESOURCE, "append": List(RESOURCE), "mode": NUMBER})
LINK = Struct({**NODE, "target": TEXT, "hard": FLAG})

PARTITION = Struct(
    {
        "number": NUMBER_IF_ANY,
        "label": TEXT,
        "guid": TEXT,
        "typeGuid": TEXT,
        "startMiB": NUMBER,
        "sizeMiB": NUMBER,
        "resize": FLAG,
        "shouldExist": FLAG,
        "wipePartitionEntry": FLAG,
    }
)
DISK = Struct(
    {
        "device": NAME,
        "wipeTable": FLAG,
        "partitions": Keyed(PARTITION, key=by_number_or_label),
    }
)
RAID = Struct(
    {
        "name": NAME,
        "level": TEXT,
        "devices": STRINGS,
        "spares": NUMBER,
        "options": REPEATABLE_STRINGS,
    }
)
FILESYSTEM = Struct(
    {
        "device": NAME,
        "format": TEXT,
        "path": TEXT,
        "label": TEXT,
        "uuid": TEXT,
        "wipeFilesystem": FLAG,
        "options": REPEATABLE_STRINGS,
        "mountOptions": REPEATABLE_STRINGS,
    }
)
TANG = Struct({"url": TEXT_IF_ANY, "thumbprint": TEXT, "advertisement": TEXT})
CLEVIS_CUSTOM = Struct({"pin": TEXT, "config": TEXT, "needsNetwork": FLAG})
CLEVIS = Struct(
    {
        "tpm2": FLAG,
        "threshold": NUMBER,
        "tang": Keyed(TANG, key=by("url")),
        "custom": CLEVIS_CUSTOM,
    }
)
LUKS = Struct(
    {
        "name": NAME,
        "device": TEXT,
        "keyFile": RESOURCE,
        "label": TEXT,
        "uuid": TEXT,
        "options": REPEATABLE_STRINGS,
        "openOptions": STRINGS,
        "discard": FLAG,
        "wipeVolume": FLAG,
        "clevis": CLEVIS,
    }
)
STORAGE = Struct(
    {
        "directories": Keyed(DIRECTORY, key=by("path")),
        "files": Keyed(FILE, key=by("path")),
        "links": Keyed(LINK, key=by("path")),
        "disks": Keyed(DISK, key=by("device")),
        "raid": Keyed(RAID, key=by("name")),
        "filesystems": Keyed(FILESYSTEM, key=by("device")),
        "luks": Keyed(LUKS, key=by("name")),
    },
    one_namespace=("directories", "files", "links"),
)

DROPIN = Struct({"name": NAME, "contents": TEXT})
UNIT = Struct(
    {
        "name": NAME,
        "enabled": FLAG,
        "mask": FLAG,
        "contents": TEXT,
        "dropins": Keyed(DROPIN, key=by("name")),
    }
)
SYSTEMD = Struct({"units": Keyed(UNIT, key=by("name"))})

USER = Struct(
    {
        "name": NAME,
        "uid": NUMBER,
        "gecos": TEXT,
        "homeDir": TEXT,
        "noCreateHome": FLAG,
        "primaryGroup": TEXT,
        "groups": STRINGS,
        "noUserGroup": FLAG,
        "noLogInit": FLAG,
        "shell": TEXT,
        "shouldExist": FLAG,
        "system": FLAG,
        "passwordHash": TEXT,
        "sshAuthorizedKeys": STRINGS,
    }
)
GROUP = Struct(
    {"name": NAME, "gid": NUMBER, "passwordHash": TEXT, "shouldExist": FLAG, "system": FLAG}
)
PASSWD = Struct({"users": Keyed(USER, key=by("name")), "groups": Keyed(GROUP, key=by("name"))})

KERNEL_ARGUMENTS = Struct(
    {"shouldExist": STRINGS, "shouldNotExist": STRINGS},
    one_namespace=("shouldExist", "shouldNotExist"),
)

CONFIG = Struct(
    {
        "ignition": IGNITION,
        "storage": STORAGE,
        "systemd": SYSTEMD,
        "passwd": PASSWD,
        "kernelArguments": KERNEL_ARGUMENTS,
    }
)
