"""The restrictions of a rendered config: only files, units and SSH keys of the boot user.

Each rule yields the JSON path, the reason and the remedy of each part that is not supported.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final

from controller.rendering import ssh_keys
from controller.rendering.contents import LARGEST_SUM, ContentsError, decode
from controller.rendering.paths import UNIT_FOLDER, parents
from controller.rendering.refusal import Problem
from controller.rendering.rules import enablement, modes

Config = Mapping[str, Any]

# The last two are links into /run on systems with systemd.
_VOLATILE: Final = ("/run", "/tmp", "/proc", "/sys", "/dev", "/var/run", "/var/lock")  # noqa: S108 - refused, not used
# The second is usually a link to the first.
_MACHINE_ID: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_KEYS_FILE: Final = re.compile(r".*/\.ssh/authorized_keys2?")
_MAX_NAME_LENGTH: Final = 255  # bytes, in file systems and systemd
_MAX_PATH_LENGTH: Final = 4095
_UNIT_NAME: Final = re.compile(r"(?!-(?!\.))(?![.@])[A-Za-z0-9:._\\@-]+")
_OWNER_NAME: Final = re.compile(r"(?!-)[^\s:/]+")  # directory services have other names
_RECORD: Final = "/var/lib/machine-config"
_WATCHDOG: Final = "machine-config-revert"
_DATA_URL: Final = (
    "write a data: URL; `kubectl mc create NAME --role ROLE --file FILE:PATH` makes one"
)
_MAX_ID: Final = 2**32 - 2  # for the kernel, the next one means "do not change"

_UNSUPPORTED: Final = {
    "storage": ("disks", "raid", "filesystems", "luks", "directories", "links"),
    "passwd": ("groups",),
    "ignition": ("config", "security", "proxy", "timeouts"),
    "kernelArguments": ("shouldExist", "shouldNotExist"),
}

_REMEDIES: Final = {
    "links": "remove it; for a link that enables a unit, set `enabled: true` on the unit"
}


def problems(config: Config, boot_user: str) -> Iterator[Problem]:
    """Yield the problems of a valid Ignition config."""
    for rule in _RULES:
        yield from rule(config)
    yield from _users(config, boot_user)


def doubts(config: Config) -> Iterator[Problem]:
    """Yield the parts that are supported, but probably a mistake."""
    for index, file in enumerate(config.get("storage", {}).get("files", ())):
        octal = modes.intended(file.get("mode", 0))
        if octal is not None:
            yield f"$.storage.files.{index}.mode", *_mistaken_mode(file["mode"], octal)
    for index, user in enumerate(config.get("passwd", {}).get("users", ())):
        for number, entry in enumerate(user.get("sshAuthorizedKeys", ())):
            if doubt := ssh_keys.doubt(entry):
                yield f"$.passwd.users.{index}.sshAuthorizedKeys.{number}", *doubt


def _sections(config: Config) -> Iterator[Problem]:
    for section, members in _UNSUPPORTED.items():
        for member in members:
            if config.get(section, {}).get(member):
                yield f"$.{section}.{member}", "not supported", _REMEDIES.get(member, "remove it")


def _files(config: Config) -> Iterator[Problem]:
    total = 0
    for index, file in enumerate(config.get("storage", {}).get("files", ())):
        path = f"$.storage.files.{index}"
        if file.get("append"):
            yield f"{path}.append", "appending is not supported", "write the whole contents"
        yield from _mode(f"{path}.mode", file.get("mode", 0))
        yield from _path(f"{path}.path", file["path"])
        yield from _owner(f"{path}.user", file.get("user") or {})
        yield from _owner(f"{path}.group", file.get("group") or {})
        total += yield from _contents(f"{path}.contents", file.get("contents") or {})
    if total > LARGEST_SUM:
        reason = f"all files together have {total} bytes when decoded, more than {LARGEST_SUM}"
        yield "$.storage.files", reason, "manage fewer or smaller files"


def _mode(path: str, mode: int) -> Iterator[Problem]:
    if mode > modes.LARGEST:
        octal = modes.intended(mode)
        if octal is None:
            reason = f"mode {modes.octal(mode)} is above 0777"
            yield path, reason, f"write permission bits: {modes.written(0o644)}"
        else:
            yield path, *_mistaken_mode(mode, octal)


def _mistaken_mode(mode: int, octal: int) -> tuple[str, str]:
    reason = f"the decimal number {mode} is the mode {modes.octal(mode)}"
    return reason, f"for {modes.octal(octal)} write {modes.written(octal)}"


def _path(path: str, node_path: str) -> Iterator[Problem]:
    if not node_path.isprintable():
        yield path, f"{node_path!r} contains a control character", "choose another path"
    if not any(parents(node_path)):
        yield path, f"{node_path} is directly in /", "put the file into a directory"
    for directory in _VOLATILE:
        if node_path.startswith(f"{directory}/"):
            yield path, f"a file below {directory} does not survive a reboot", "choose another path"
    if node_path == _RECORD or node_path.startswith(f"{_RECORD}/"):
        yield path, f"{_RECORD} is reserved for the node's record", "choose another path"
    if node_path in _MACHINE_ID:
        reason = f"{node_path} must differ on each machine"
        yield path, reason, "remove it; `systemd-machine-id-setup` on a node creates a new ID"
    if any(name.startswith(_WATCHDOG) for name in node_path.split("/")):
        yield path, f"{_WATCHDOG} is reserved for the node's watchdog", "choose another path"
    if len(node_path.encode()) > _MAX_PATH_LENGTH or any(
        len(name.encode()) > _MAX_NAME_LENGTH for name in node_path.split("/")
    ):
        yield path, "the path, or a name in it, is too long for Linux", "shorten it"
    if _KEYS_FILE.fullmatch(node_path):
        yield path, "SSH keys are not managed as files", "use passwd.users[].sshAuthorizedKeys"


def _nested(config: Config) -> Iterator[Problem]:
    """A file cannot be the directory of another."""
    files = config.get("storage", {}).get("files", ())
    paths = {file["path"] for file in files}
    for index, file in enumerate(files):
        above = next((each for each in parents(file["path"]) if each in paths), "")
        if above:
            yield (
                f"$.storage.files.{index}.path",
                f"{above} is a file, not a directory",
                "move one of the two",
            )


def _beside_units(config: Config) -> Iterator[Problem]:
    """A unit is a file too, and its drop-ins are in a directory."""
    paths = set(_unit_paths(config))
    directories = {directory for node_path in paths for directory in parents(node_path)}
    for index, file in enumerate(config.get("storage", {}).get("files", ())):
        if file["path"] in paths:
            reason = f"{file['path']} is the path of a unit"
            yield f"$.storage.files.{index}.path", reason, "remove one of the two"
        elif file["path"] in directories:
            reason = f"{file['path']} is the directory of a unit, not a file"
            yield f"$.storage.files.{index}.path", reason, "choose another path"


def _unit_paths(config: Config) -> Iterator[str]:
    for unit in config.get("systemd", {}).get("units", ()):
        node_path = f"{UNIT_FOLDER}/{unit['name']}"
        if unit.get("mask") or unit.get("contents"):
            yield node_path
        yield from (f"{node_path}.d/{dropin['name']}" for dropin in unit.get("dropins", ()))


def _owner(path: str, owner: Config) -> Iterator[Problem]:
    number = owner.get("id")
    if number is not None and not 0 <= number <= _MAX_ID:
        yield f"{path}.id", f"{number} is not a valid user or group ID", f"use 0 to {_MAX_ID}"
    name = owner.get("name")
    if name and not (_OWNER_NAME.fullmatch(name) and name.isprintable()):
        yield f"{path}.name", f"{name!r} is not a valid user or group name", "write the name alone"


def _contents(path: str, contents: Config) -> Generator[Problem, None, int]:
    """Yield the problems of the contents, and return their size in bytes."""
    source = contents.get("source") or "data:,"
    if contents.get("httpHeaders"):
        yield f"{path}.httpHeaders", "contents are not fetched", "write the contents as a data: URL"
    if not source.startswith("data:"):
        yield f"{path}.source", "only data: URLs are supported", _DATA_URL
        return 0
    try:
        return len(decode(contents))
    except ContentsError as error:
        yield f"{path}.{error.member}", str(error), error.remedy
        return 0


def _units(config: Config) -> Iterator[Problem]:
    for index, unit in enumerate(config.get("systemd", {}).get("units", ())):
        path = f"$.systemd.units.{index}"
        yield from _unit_name(f"{path}.name", unit["name"])
        if unit.get("mask") and unit.get("enabled"):
            yield f"{path}.enabled", "a masked unit cannot be enabled", "remove one of the two"
        for number, dropin in enumerate(unit.get("dropins", ())):
            yield from _file_name(f"{path}.dropins.{number}.name", dropin["name"])


def _unit_name(path: str, name: str) -> Iterator[Problem]:
    if not _UNIT_NAME.fullmatch(name) or len(name) > _MAX_NAME_LENGTH:
        yield path, f"{name!r} is not a valid unit name", "use letters, digits and any of :-_.@\\"
    if name.startswith(_WATCHDOG):
        yield path, f"{name} is reserved for the node's watchdog", "choose another name"


def _file_name(path: str, name: str) -> Iterator[Problem]:
    if "/" in name or not name.isprintable() or len(name.encode()) > _MAX_NAME_LENGTH:
        yield path, f"{name!r} is not a valid file name", "use letters, digits and any of :-_.@\\"


def _users(config: Config, boot_user: str) -> Iterator[Problem]:
    for index, user in enumerate(config.get("passwd", {}).get("users", ())):
        path = f"$.passwd.users.{index}"
        if not user["name"]:
            yield f"{path}.name", "the user has no name", f"write `name: {boot_user}`"
        elif user["name"] != boot_user:
            remedy = f"assign the keys to {boot_user}, the managed user"
            yield f"{path}.name", f"the user {user['name']} is not managed", remedy
        for member in user.keys() - {"name", "sshAuthorizedKeys"}:
            yield f"{path}.{member}", "only SSH keys of a user are managed", "remove it"
        for number, entry in enumerate(user.get("sshAuthorizedKeys", ())):
            if problem := ssh_keys.problem(entry):
                yield f"{path}.sshAuthorizedKeys.{number}", *problem


_RULES: Final[tuple[Callable[[Config], Iterator[Problem]], ...]] = (
    _sections,
    _files,
    _nested,
    _beside_units,
    _units,
    enablement.problems,
)
