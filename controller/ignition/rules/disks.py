"""Rules for disks, RAID arrays, filesystems and encrypted volumes."""

from collections.abc import Container, Iterator
from math import isinf

from controller.ignition.report import Entry, error, warning
from controller.ignition.rules.nodes import path_error
from controller.ignition.rules.resources import SCHEMES, Schemes, url_error
from controller.ignition.schema import Content
from controller.ignition.syntax.json_text import JSONSyntaxError, numbers, read_json
from controller.ignition.syntax.url import URLError, parse_url

_LONGEST_LUKS_LABEL = 47
_LONGEST_LABEL = {"ext4": 16, "btrfs": 256, "xfs": 12, "vfat": 11, "swap": 15}
FORMATS = frozenset({*_LONGEST_LABEL, "none"})
UNKNOWN_LEVEL = "unrecognized raid level"
_CLEVIS_PINS = {"tpm2", "tang", "sss"}
_LEVELS_WITHOUT_SPARES = {"linear", "raid0", "0", "stripe"}
_LEVELS_WITH_SPARES = {
    *("raid1", "1", "mirror", "raid4", "4", "raid5", "5", "raid6", "6", "raid10", "10")
}


def disk_has_a_device(disk: Content) -> Iterator[Entry]:
    """A disk has the path of its device."""
    if not disk["device"]:
        yield error("device", "disk device is required")
    elif message := path_error(disk["device"]):
        yield error("device", message)


def raid_level_is_known(
    raid: Content, without_level: str = "raid level is required"
) -> Iterator[Entry]:
    """An array has a level, and spares only if the level supports them."""
    level = raid["level"]
    if not level:
        yield error("level", without_level)
    elif level in _LEVELS_WITHOUT_SPARES:
        if raid["spares"]:
            yield error("level", "spares unsupported for linear and raid0 arrays")
    elif level not in _LEVELS_WITH_SPARES:
        yield error("level", UNKNOWN_LEVEL)


def raid_has_devices(raid: Content) -> Iterator[Entry]:
    """An array has devices, each with its path."""
    if not raid["devices"]:
        yield error("devices", "raid devices required")
    for index, device in enumerate(raid["devices"]):
        if message := path_error(device):
            yield error(f"devices.{index}", message)


def filesystem_paths_are_clean(filesystem: Content) -> Iterator[Entry]:
    """A filesystem has a device; its mount point, if any, is an absolute path."""
    if message := path_error(filesystem["device"]):
        yield error("device", message)
    if filesystem["path"] and (message := path_error(filesystem["path"])):
        yield error("path", message)


def filesystem_has_a_format(
    filesystem: Content, formats: Container[str] = FORMATS
) -> Iterator[Entry]:
    """Other members of a filesystem require a format."""
    others = ("path", "label", "uuid", "wipeFilesystem", "options", "mountOptions")
    if filesystem["format"]:
        if filesystem["format"] not in formats:
            yield error("format", "invalid filesystem format")
    elif any(filesystem[name] for name in others):
        yield error(
            "format",
            "format cannot be empty when path, label, uuid, wipeFilesystem, options, or"
            " mountOptions is specified",
        )


def filesystem_label_fits(filesystem: Content) -> Iterator[Entry]:
    """A label is not longer than its format allows."""
    label, fmt = filesystem["label"], filesystem["format"]
    if not label:
        return
    if not fmt:
        yield error("label", "filesystem must specify format if label is specified")
    elif fmt in _LONGEST_LABEL and len(label.encode()) > _LONGEST_LABEL[fmt]:
        yield error(
            "label",
            f"filesystem labels cannot be longer than {_LONGEST_LABEL[fmt]} characters"
            f" when using {fmt}",
        )


def filesystem_is_not_on_a_partitioned_disk(storage: Content) -> Iterator[Entry]:
    """A filesystem does not use a disk that the same config partitions or wipes."""
    disks = {disk["device"]: disk for disk in storage["disks"]}
    for index, filesystem in enumerate(storage["filesystems"]):
        path = f"filesystems.{index}.device"
        disk = disks.get(filesystem["device"])
        if disk and disk["partitions"]:
            yield warning(path, "filesystem overwrites partitioned device")
        elif disk and disk["wipeTable"] and not filesystem["wipeFilesystem"]:
            yield warning(
                path, "device matches disk with wipeTable enabled; filesystem will be wiped"
            )


def luks_names_its_device(luks: Content) -> Iterator[Entry]:
    """An encrypted volume has a name for /dev/mapper, and a device."""
    if "/" in luks["name"]:
        yield error("name", "device names cannot contain slashes")
    if not luks["device"]:
        yield error("device", "disk device is required")
    elif message := path_error(luks["device"]):
        yield error("device", message)


def luks_label_fits(luks: Content) -> Iterator[Entry]:
    """A label fits into the volume's header."""
    if len((luks["label"] or "").encode()) > _LONGEST_LUKS_LABEL:
        yield error("label", "luks device labels cannot be longer than 47 characters")


def luks_key_can_be_fetched(luks: Content, schemes: Schemes = SCHEMES) -> Iterator[Entry]:
    """The source of a key file, if any, is one that Ignition can fetch."""
    source = luks["keyFile"]["source"]
    if source and url_error(source, schemes):
        yield error("keys", "invalid key-file source")


def clevis_pins_are_not_mixed(clevis: Content, no_custom: Content | None = None) -> Iterator[Entry]:
    """A custom pin is the only pin; with `no_custom`, any custom value but that one counts."""
    custom = clevis["custom"]
    is_custom = custom["pin"] if no_custom is None else custom is not no_custom
    if is_custom and (clevis["tpm2"] or clevis["threshold"] or clevis["tang"]):
        yield error("", "cannot use custom clevis config with tpm2, tang, or threshold")


def custom_clevis_is_complete(custom: Content) -> Iterator[Entry]:
    """A custom pin is a known one, with its config."""
    if not custom["pin"] and not custom["config"] and not custom["needsNetwork"]:
        return
    if not custom["pin"]:
        yield error("pin", "missing required custom clevis pin")
    elif custom["pin"] not in _CLEVIS_PINS:
        yield error("pin", "unsupported clevis pin")
    if not custom["config"]:
        yield error("config", "missing required custom clevis config")


def custom_clevis_is_known(custom: Content) -> Iterator[Entry]:
    """A custom pin is a known one, with its config; `needsNetwork` alone is ignored."""
    if not custom["pin"] and not custom["config"]:
        return
    if custom["pin"] not in _CLEVIS_PINS:
        yield error("pin", "unsupported clevis pin")
    if not custom["config"]:
        yield error("config", "missing required custom clevis config")


def tang_is_complete(tang: Content) -> Iterator[Entry]:
    """A tang server has an HTTP URL, a thumbprint, and an advertisement in JSON if any."""
    try:
        scheme = parse_url(tang["url"] or "").scheme
    except URLError as problem:
        yield error("url", str(problem))
    else:
        if scheme not in ("http", "https"):
            yield error("url", "invalid url scheme")
    if not tang["thumbprint"]:
        yield error("thumbprint", "thumbprint is required")
    if tang["advertisement"] and not _is_json(tang["advertisement"]):
        yield error("advertisement", "advertisement is not valid JSON")


def _is_json(text: str) -> bool:
    """Whether this is JSON whose numbers fit into a float."""
    try:
        value = read_json(text.encode())
    except JSONSyntaxError:
        return False
    return not any(isinf(float(number.text)) for number in numbers(value))
