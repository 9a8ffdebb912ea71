"""What a rendered config may hold: files, units and the boot user's SSH keys.

Each rule yields the JSON path, the reason and the remedy for what nodes cannot be given.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final

from controller.rendering import enablement, modes, ssh_keys
from controller.rendering.contents import LARGEST_SUM, ContentsError, decode
from controller.rendering.paths import UNIT_FOLDER, parents

Config = Mapping[str, Any]
Problem = tuple[str, str, str]

# The last two are links into /run wherever there is systemd.
_FLEETING: Final = ("/run", "/tmp", "/proc", "/sys", "/dev", "/var/run", "/var/lock")  # noqa: S108 - refused, not used
_KEYS_FILE: Final = re.compile(r".*/\.ssh/authorized_keys2?")
_LONGEST_NAME: Final = 255  # bytes, as file systems and systemd have it
_LONGEST_PATH: Final = 4095
_UNIT_NAME: Final = re.compile(r"(?!-(?!\.))(?![.@])[A-Za-z0-9:._\\@-]+")
_OWNER_NAME: Final = re.compile(r"(?!-)[^\s:/]+")  # directories have names of other kinds too
_RECORD: Final = "/var/lib/machine-config"
_LARGEST_ID: Final = 2**32 - 2  # the kernel takes the one above for "leave it"

_OUT_OF_REACH: Final = {
    "storage": ("disks", "raid", "filesystems", "luks", "directories", "links"),
    "passwd": ("groups",),
    "ignition": ("config", "security", "proxy", "timeouts"),
    "kernelArguments": ("shouldExist", "shouldNotExist"),
}


def problems(config: Config, boot_user: str) -> Iterator[Problem]:
    """Everything in a valid Ignition config that the nodes cannot be given."""
    for rule in _RULES:
        yield from rule(config)
    yield from _users(config, boot_user)


def doubts(config: Config) -> Iterator[Problem]:
    """What is possible, and hardly meant."""
    for index, file in enumerate(config.get("storage", {}).get("files", ())):
        octal = modes.meant(file.get("mode", 0))
        if octal is not None:
            yield f"$.storage.files.{index}.mode", *_mistaken(file["mode"], octal)
    for index, user in enumerate(config.get("passwd", {}).get("users", ())):
        for number, entry in enumerate(user.get("sshAuthorizedKeys", ())):
            if doubt := ssh_keys.doubt(entry):
                yield f"$.passwd.users.{index}.sshAuthorizedKeys.{number}", *doubt


def _sections(config: Config) -> Iterator[Problem]:
    for section, members in _OUT_OF_REACH.items():
        for member in members:
            if config.get(section, {}).get(member):
                yield f"$.{section}.{member}", "not supported on running nodes", "remove it"


def _files(config: Config) -> Iterator[Problem]:
    total = 0
    for index, file in enumerate(config.get("storage", {}).get("files", ())):
        path = f"$.storage.files.{index}"
        if file.get("append"):
            yield f"{path}.append", "appending is not supported", "give the whole contents"
        yield from _mode(f"{path}.mode", file.get("mode", 0))
        yield from _place(f"{path}.path", file["path"])
        yield from _owner(f"{path}.user", file.get("user") or {})
        yield from _owner(f"{path}.group", file.get("group") or {})
        total += yield from _contents(f"{path}.contents", file.get("contents") or {})
    if total > LARGEST_SUM:
        reason = f"all files have {total} bytes together when decoded, more than {LARGEST_SUM}"
        yield "$.storage.files", reason, "manage fewer or smaller files"


def _mode(path: str, mode: int) -> Iterator[Problem]:
    if mode > modes.LARGEST:
        octal = modes.meant(mode)
        if octal is None:
            reason = f"mode {modes.octal(mode)} is above 0777"
            yield path, reason, f"write permission bits: {modes.written(0o644)}"
        else:
            yield path, *_mistaken(mode, octal)


def _mistaken(mode: int, octal: int) -> tuple[str, str]:
    reason = f"the number {mode} is the mode {modes.octal(mode)}"
    return reason, f"for {modes.octal(octal)} write {modes.written(octal)}"


def _place(path: str, place: str) -> Iterator[Problem]:
    if not place.isprintable():
        yield path, f"{place!r} holds a control character", "choose another path"
    if not any(parents(place)):
        yield path, f"{place} lies directly in /", "put the file into a directory"
    for folder in _FLEETING:
        if place.startswith(f"{folder}/"):
            yield path, f"what lies below {folder} does not outlast a boot", "choose another path"
    if place == _RECORD or place.startswith(f"{_RECORD}/"):
        yield path, f"{_RECORD} holds the node's own record", "choose another path"
    if len(place.encode()) > _LONGEST_PATH or any(
        len(name.encode()) > _LONGEST_NAME for name in place.split("/")
    ):
        yield path, "the path, or a name in it, is longer than Linux allows", "shorten it"
    if _KEYS_FILE.fullmatch(place):
        yield path, "SSH keys are managed as keys", "use passwd.users[].sshAuthorizedKeys"


def _nested(config: Config) -> Iterator[Problem]:
    """A file cannot be the folder of another."""
    files = config.get("storage", {}).get("files", ())
    places = {file["path"] for file in files}
    for index, file in enumerate(files):
        above = next((each for each in parents(file["path"]) if each in places), "")
        if above:
            yield (
                f"$.storage.files.{index}.path",
                f"{above} is a file, and no folder",
                "move one of the two",
            )


def _beside_units(config: Config) -> Iterator[Problem]:
    """A unit is a file too, and its drop-ins are in a folder."""
    places = set(_unit_places(config))
    folders = {folder for place in places for folder in parents(place)}
    for index, file in enumerate(config.get("storage", {}).get("files", ())):
        if file["path"] in places:
            reason = f"{file['path']} is where a unit is put"
            yield f"$.storage.files.{index}.path", reason, "take one of the two away"
        elif file["path"] in folders:
            reason = f"{file['path']} is the folder of a unit, and no file"
            yield f"$.storage.files.{index}.path", reason, "choose another path"


def _unit_places(config: Config) -> Iterator[str]:
    for unit in config.get("systemd", {}).get("units", ()):
        place = f"{UNIT_FOLDER}/{unit['name']}"
        if unit.get("mask") or unit.get("contents"):
            yield place
        yield from (f"{place}.d/{dropin['name']}" for dropin in unit.get("dropins", ()))


def _owner(path: str, owner: Config) -> Iterator[Problem]:
    number = owner.get("id")
    if number is not None and not 0 <= number <= _LARGEST_ID:
        yield f"{path}.id", f"{number} is no user or group ID", f"use 0 to {_LARGEST_ID}"
    name = owner.get("name")
    if name and not (_OWNER_NAME.fullmatch(name) and name.isprintable()):
        yield f"{path}.name", f"{name!r} is no name of a user or group", "write the name alone"


def _contents(path: str, contents: Config) -> Generator[Problem, None, int]:
    """Prove the contents; returns how many bytes they are."""
    source = contents.get("source") or "data:,"
    if contents.get("httpHeaders"):
        yield f"{path}.httpHeaders", "nothing is fetched", "give the contents as a data: URL"
    if not source.startswith("data:"):
        yield f"{path}.source", "only data: URLs are supported", "give the contents inline"
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
            yield f"{path}.enabled", "a masked unit cannot be enabled", "take one of the two away"
        for number, dropin in enumerate(unit.get("dropins", ())):
            yield from _file_name(f"{path}.dropins.{number}.name", dropin["name"])


def _unit_name(path: str, name: str) -> Iterator[Problem]:
    if not _UNIT_NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        yield path, f"{name!r} is no name of a unit", "use letters, digits and any of :-_.@\\"


def _file_name(path: str, name: str) -> Iterator[Problem]:
    if "/" in name or not name.isprintable() or len(name.encode()) > _LONGEST_NAME:
        yield path, f"{name!r} is no file name", "use letters, digits and any of :-_.@\\"


def _users(config: Config, boot_user: str) -> Iterator[Problem]:
    for index, user in enumerate(config.get("passwd", {}).get("users", ())):
        path = f"$.passwd.users.{index}"
        if not user["name"]:
            yield f"{path}.name", "the user has no name", f"write `name: {boot_user}`"
        elif user["name"] != boot_user:
            remedy = f"give the keys to {boot_user}, the user that is managed"
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
