"""Rules for disks, partitions, RAID arrays, filesystems and encrypted volumes."""

import re
from collections.abc import Iterator

from controller.ignition.json_text import JSONSyntaxError, read_json
from controller.ignition.report import Entry, error, warning
from controller.ignition.rules.nodes import path_error
from controller.ignition.rules.resources import url_error
from controller.ignition.schema import Content
from controller.ignition.url import URLError, parse_url

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONGEST_PARTITION_LABEL = 36
_LONGEST_LUKS_LABEL = 47
_LONGEST_LABEL = {"ext4": 16, "btrfs": 256, "xfs": 12, "vfat": 11, "swap": 15}
_FORMATS = {*_LONGEST_LABEL, "none"}
_LEVELS_WITHOUT_SPARES = {"linear", "raid0", "0", "stripe"}
_LEVELS_WITH_SPARES = {
    *("raid1", "1", "mirror", "raid4", "4", "raid5", "5", "raid6", "6", "raid10", "10")
}


def disk_has_a_device(disk: Content) -> Iterator[Entry]:
    """A disk is named by the path of its device."""
    if not disk["device"]:
        yield error("device", "disk device required")
    elif message := path_error(disk["device"]):
        yield error("device", message)


def partition_is_identified(partition: Content) -> Iterator[Entry]:
    """A partition has a number or a label."""
    if not partition["number"] and partition["label"] is None:
        yield error("", "a partition number >= 1 or a label must be specified")


def absent_partition_has_no_properties(partition: Content) -> Iterator[Entry]:
    """A partition that shall not exist says nothing else."""
    given = partition["typeGuid"] or partition["guid"]
    placed = any(partition[name] is not None for name in ("label", "startMiB", "sizeMiB"))
    if partition["shouldExist"] is False and (given or placed):
        yield error("", "shouldExist specified false with other options also specified")


def partition_label_fits(partition: Content) -> Iterator[Entry]:
    """A label fits into the partition table and passes through sgdisk."""
    label = partition["label"] or ""
    if len(label.encode()) > _LONGEST_PARTITION_LABEL:
        yield error("label", "partition labels may not exceed 36 characters")
    elif ":" in label:
        yield error("label", "partition label will be truncated to text before the colon")


def guids_are_well_formed(partition: Content) -> Iterator[Entry]:
    """GUIDs are written as hexadecimal digits in groups."""
    for name in ("guid", "typeGuid"):
        if partition[name] and not _GUID.fullmatch(partition[name]):
            yield error(name, 'doesn\'t match the form "01234567-89AB-CDEF-EDCB-A98765432101"')


def raid_level_is_known(raid: Content) -> Iterator[Entry]:
    """An array has a level, and spares only where the level can use them."""
    level = raid["level"]
    if not level:
        yield error("level", "raid level is required")
    elif level in _LEVELS_WITHOUT_SPARES:
        if raid["spares"]:
            yield error("level", "spares unsupported for linear and raid0 arrays")
    elif level not in _LEVELS_WITH_SPARES:
        yield error("level", "unrecognized raid level")


def raid_has_devices(raid: Content) -> Iterator[Entry]:
    """An array is made of devices, each named by its path."""
    if not raid["devices"]:
        yield error("devices", "raid devices required")
    for index, device in enumerate(raid["devices"]):
        if message := path_error(device):
            yield error(f"devices.{index}", message)


def filesystem_paths_are_clean(filesystem: Content) -> Iterator[Entry]:
    """A filesystem has a device, and is mounted at an absolute path if at all."""
    if message := path_error(filesystem["device"]):
        yield error("device", message)
    if filesystem["path"] and (message := path_error(filesystem["path"])):
        yield error("path", message)


def filesystem_has_a_format(filesystem: Content) -> Iterator[Entry]:
    """Whatever else is said of a filesystem needs a format."""
    others = ("path", "label", "uuid", "wipeFilesystem", "options", "mountOptions")
    if filesystem["format"]:
        if filesystem["format"] not in _FORMATS:
            yield error("format", "invalid filesystem format")
    elif any(filesystem[name] for name in others):
        yield error(
            "format",
            "format cannot be empty when path, label, uuid, wipeFilesystem, options, or"
            " mountOptions is specified",
        )


def filesystem_label_fits(filesystem: Content) -> Iterator[Entry]:
    """A label is as long as its format allows."""
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
    """A filesystem on a whole disk of the same config does not get on with what the disk does."""
    for index, filesystem in enumerate(storage["filesystems"]):
        for disk in storage["disks"]:
            if disk["device"] != filesystem["device"]:
                continue
            if disk["wipeTable"]:
                yield warning(
                    f"filesystems.{index}.device",
                    "device matches disk with wipeTable enabled; filesystem will be wiped",
                )
            elif disk["partitions"]:
                yield warning(
                    f"filesystems.{index}.device", "filesystem overwrites partitioned device"
                )


def luks_names_its_device(luks: Content) -> Iterator[Entry]:
    """An encrypted volume is a name under /dev/mapper and lies on a device."""
    if "/" in luks["name"]:
        yield error("name", "device names cannot contain slashes")
    if not luks["device"]:
        yield error("device", "disk device required")
    elif message := path_error(luks["device"]):
        yield error("device", message)


def luks_label_fits(luks: Content) -> Iterator[Entry]:
    """A label fits into the volume's header."""
    if len((luks["label"] or "").encode()) > _LONGEST_LUKS_LABEL:
        yield error("label", "luks device labels cannot be longer than 47 characters")


def luks_key_can_be_fetched(luks: Content) -> Iterator[Entry]:
    """A key file has a source that Ignition can fetch."""
    if url_error(luks["keyFile"]["source"]):
        yield error("keys", "invalid key-file source")


def clevis_pins_are_not_mixed(clevis: Content) -> Iterator[Entry]:
    """A custom pin stands alone."""
    if clevis["custom"]["pin"] and (clevis["tpm2"] or clevis["threshold"] or clevis["tang"]):
        yield error("custom", "cannot use custom clevis config with tpm2, tang, or threshold")


def custom_clevis_is_whole(custom: Content) -> Iterator[Entry]:
    """A custom pin is a known one, with its config."""
    if not custom["pin"] and not custom["config"] and not custom["needsNetwork"]:
        return
    if not custom["pin"]:
        yield error("pin", "missing required custom clevis pin")
    elif custom["pin"] not in ("tpm2", "tang", "sss"):
        yield error("pin", "unsupported clevis pin")
    if not custom["config"]:
        yield error("config", "missing required custom clevis config")


def tang_is_whole(tang: Content) -> Iterator[Entry]:
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
    if tang["advertisement"]:
        try:
            read_json(tang["advertisement"].encode())
        except JSONSyntaxError:
            yield error("advertisement", "advertisement is not valid JSON")
