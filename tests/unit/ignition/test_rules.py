"""The rules of Ignition, each with the path and the message that it reports."""

from typing import Any

import pytest

from controller.ignition import parse

from .configs import config, file, ignition, source, storage, units

SHA256 = "sha256-" + "0" * 64
ENABLED_WITHOUT_INSTALL = {
    "name": "a.service",
    "enabled": True,
    "contents": "[Service]\nExecStart=/bin/true\n",
}
INSTALLABLE = "[Install]\nWantedBy=multi-user.target\n"


def case(promise: str, raw: bytes, *found: str) -> Any:  # noqa: ANN401 - pytest's own type
    return pytest.param(raw, found, id=promise)


PATHS = [
    case(
        "a path is required",
        storage(files=[{}]),
        "error $.storage.files.0.path: path not specified",
    ),
    case(
        "a path is absolute",
        storage(files=[{"path": "a"}]),
        "error $.storage.files.0.path: path not absolute",
    ),
    *(
        case(
            f"{path} must be written shorter",
            storage(directories=[{"path": path}]),
            "error $.storage.directories.0.path: path is not fully simplified",
        )
        for path in ("//a", "/a/", "/a//b", "/a/./b", "/a/../b", "/..")
    ),
    *(
        case(f"{path!r} is a fine path", storage(directories=[{"path": path}]))
        for path in ("/", "/a b", "/ä", "/a\nb", "/..a", "/a..")
    ),
    case(
        "a path is one thing: a file, a directory or a link",
        storage(
            files=[{"path": "/a"}],
            directories=[{"path": "/a"}],
            links=[{"path": "/a", "target": "/t"}],
        ),
        "error $.storage.files.0: duplicate entry defined",
        "error $.storage.links.0: duplicate entry defined",
    ),
]
OWNERS_AND_MODES = [
    case(
        "an owner has an id or a name",
        file(user={"id": 0, "name": "root"}, group={"id": 0, "name": "root"}),
        "error $.storage.files.0.user: cannot set both id and name",
        "error $.storage.files.0.group: cannot set both id and name",
    ),
    case("an id with an empty name is valid", file(user={"id": 0, "name": ""})),
    case(
        "a mode has four octal digits",
        file(mode=0o10000),
        "error $.storage.files.0.mode: illegal file mode",
    ),
    case(
        "a mode is not negative",
        file(mode=-1),
        "error $.storage.files.0.mode: illegal file mode",
        "warning $.storage.files.0.mode: setuid/setgid/sticky bits are not supported",
    ),
    case("0777 is a valid mode", file(mode=0o777)),
    case(
        "a mode in octal digits leads to a suggestion",
        file(mode=644),
        "warning $.storage.files.0.mode: setuid/setgid/sticky bits are not supported or functional"
        " in spec versions older than 3.6.0; did you mean 420 (0644 in octal)?",
    ),
]
CONTENTS = [
    case(
        "a file with overwrite has a source",
        file(overwrite=True),
        "error $.storage.files.0.overwrite: overwrite must be false if source is unspecified",
    ),
    case(
        "an empty source is sufficient for overwrite", file(overwrite=True, contents={"source": ""})
    ),
    case(
        "compression is gzip or none",
        source("data:,", compression="xz"),
        "error $.storage.files.0.contents.compression: invalid compression method",
    ),
    *(
        case(f"{url} can be fetched", source(url))
        for url in (
            None,
            "",
            "http://x/",
            "HTTPS://x",
            "tftp://x/y",
            "gs://b/o",
            "s3://b/o",
            "s3://b/o?versionId=1",
            "arn:aws:s3:::b/o",
            "data:,a",
        )
    ),
    *(
        case(
            f"{url!r} cannot be fetched",
            source(url),
            f"error $.storage.files.0.contents.source: {why}",
        )
        for url, why in (
            ("file:///etc/passwd", "invalid url scheme"),
            ("/etc/passwd", "invalid url scheme"),
            ("http://x y/", "unable to parse url"),
            ("http://x/\n", "unable to parse url"),
            ("http://[::1", "unable to parse url"),
            ("http://[1.2.3.4]/", "unable to parse url"),
            ("http://[::1%25a b]/", "unable to parse url"),
            ("http://[::1%25a%zz]/", "unable to parse url"),
            ("http://x:y/", "unable to parse url"),
            ("http://x/%zz", "unable to parse url"),
            ("a:b@c:d/%", "invalid url scheme"),
            (":", "unable to parse url"),
            ("s3://b/o?versionId=", "invalid S3 object VersionId"),
            ("arn:aws:s3:::b", "invalid S3 ARN format"),
            ("arn:aws:s3:r:1:accesspoint/a", "invalid S3 ARN format"),
            ("arn:aws:iam:::b/o", "invalid S3 ARN format"),
            ("data:", "missing comma before data"),
            ("Data:,x", "missing data prefix"),
        )
    ),
    *(
        case(
            f"the hash {given[:10]!r} is refused",
            source("data:,", verification={"hash": given}),
            f"error $.storage.files.0.contents.verification.hash: {why}",
        )
        for given, why in (
            ("", "malformed hash specifier"),
            ("sha256", "malformed hash specifier"),
            ("SHA256-" + "0" * 64, "unrecognized hash function"),
            ("md5-" + "0" * 32, "unrecognized hash function"),
            ("sha256-0", "incorrect size for hash sum"),
        )
    ),
    case(
        "the digits of a hash are not checked",
        source("data:,", verification={"hash": "sha512-" + "z" * 128}),
    ),
    case(
        "a hash requires a source",
        source(None, verification={"hash": SHA256}),
        "error $.storage.files.0.contents.verification.hash: source must be specified",
    ),
    case(
        "only HTTP sources have headers",
        source("data:,", httpHeaders=[{"name": "A", "value": "b"}]),
        "error $.storage.files.0.contents.httpHeaders: cannot use HTTP headers with this",
    ),
    case(
        "headers need a source",
        source("", httpHeaders=[{"name": "A", "value": "b"}]),
        "error $.storage.files.0.contents.httpHeaders: unable to parse url",
    ),
    case(
        "a header has a name, and a value unless it removes one",
        source(
            "http://x/",
            httpHeaders=[{"name": "", "value": "b"}, {"name": "A", "value": ""}, {"name": "B"}],
        ),
        "error $.storage.files.0.contents.httpHeaders.0.name: HTTP header name can't be empty",
        "error $.storage.files.0.contents.httpHeaders.1.value: unable to parse HTTP header",
    ),
    case(
        "the same contents may be appended twice",
        file(append=[{"source": "data:,a"}, {"source": "data:,a"}]),
    ),
]
LINKS = [
    case(
        "a link has a target",
        storage(links=[{"path": "/l"}]),
        "error $.storage.links.0.target: link target is required",
    ),
    case(
        "no path is below a link",
        storage(
            links=[{"path": "/l", "target": "/t"}],
            files=[{"path": "/l/f"}],
            directories=[{"path": "/l/d"}],
        ),
        "error $.storage.files.0: file path includes link in config",
        "error $.storage.directories.0: directory path includes link in config",
    ),
    case(
        "a path may begin like the path of a link",
        storage(links=[{"path": "/l", "target": "/t"}], files=[{"path": "/lf"}]),
    ),
    case(
        "a hard link is not to a directory",
        storage(
            links=[{"path": "/l", "target": "../d/.", "hard": True}], directories=[{"path": "/d"}]
        ),
        "error $.storage.links.0: hard link target is a directory",
    ),
    case(
        "a hard link has its target's owner",
        storage(links=[{"path": "/l", "target": "/t", "hard": True, "user": {"id": 0}}]),
        "warning $.storage.links.0.user.id: user/group ignored for hard link",
    ),
]
UNITS = [
    *(
        case(
            f"{name!r} is no unit name",
            units({"name": name}),
            "error $.systemd.units.0.name: invalid systemd unit extension",
        )
        for name in ("", "a", "a.conf", "a.service/b", "a.Service")
    ),
    case(
        "a drop-in ends in .conf",
        units({"name": "a.service", "dropins": [{"name": "d"}]}),
        "error $.systemd.units.0.dropins.0.name: invalid systemd drop-in extension",
    ),
    case(
        "a unit's text must be unit text",
        units({"name": "a.service", "contents": "[Unit"}),
        "error $.systemd.units.0.contents: invalid unit content: unable to find end of section",
    ),
    case(
        "a drop-in's text must be unit text",
        units({"name": "a.service", "dropins": [{"name": "d.conf", "contents": "[Unit]x"}]}),
        "error $.systemd.units.0.dropins.0.contents: invalid unit content: found garbage",
    ),
    case(
        "enabling a unit without [Install] leads to a warning",
        units(ENABLED_WITHOUT_INSTALL),
        'warning $.systemd.units.0.contents: unit "a.service" is enabled, but has no',
    ),
    case(
        "a unit with [Install] can be enabled",
        units(ENABLED_WITHOUT_INSTALL | {"contents": INSTALLABLE}),
    ),
    case(
        "a unit of the distribution can be enabled", units({"name": "a.service", "enabled": True})
    ),
    case(
        "a unit's name is quoted with escapes",
        units(ENABLED_WITHOUT_INSTALL | {"name": "\u2028\t.service"}),
        'warning $.systemd.units.0.contents: unit "\\u2028\\t.service" is enabled',
    ),
    case(
        "an instance is enabled by its template's [Install]",
        units(
            {"name": "a@b.service", "enabled": True},
            {"name": "a@.service", "contents": "[Service]\nA=b"},
        ),
        'warning $.systemd.units.0.contents: template unit "a@.service" for "a@b.service"',
    ),
    case(
        "a unit is unique",
        units({"name": "a.service"}, {"name": "a.service"}),
        "error $.systemd.units.1: duplicate entry defined",
    ),
    case(
        "no file has the path of a unit or a drop-in",
        config(
            systemd={
                "units": [
                    {
                        "name": "a.service",
                        "contents": INSTALLABLE,
                        "dropins": [{"name": "d.conf", "contents": "[Unit]"}],
                    }
                ]
            },
            storage={
                "files": [
                    {"path": "/etc/systemd/system/a.service"},
                    {"path": "/etc/systemd/system/a.service.d/d.conf"},
                ]
            },
        ),
        "error $.storage.files.0.path: path conflicts with systemd unit or dropin",
        "error $.storage.files.1.path: path conflicts with systemd unit or dropin",
    ),
    case(
        "a unit without contents has no path",
        config(
            systemd={"units": [{"name": "a.service", "contents": ""}]},
            storage={"files": [{"path": "/etc/systemd/system/a.service"}]},
        ),
    ),
]
IGNITION = [
    case(
        "a config to merge has a source",
        ignition(config={"merge": [{}]}),
        "error $.ignition.config.merge.0: source is required",
    ),
    case(
        "a config to merge can be fetched",
        ignition(config={"merge": [{"source": "ftp://x"}]}),
        "error $.ignition.config.merge.0: invalid url scheme",
        "error $.ignition.config.merge.0.source: invalid url scheme",
    ),
    case(
        "an empty source cannot be merged",
        ignition(config={"merge": [{"source": ""}]}),
        "error $.ignition.config.merge.0: source is required",
    ),
    case(
        "a config to replace may have no source",
        ignition(config={"replace": {"compression": "gzip"}}),
    ),
    case(
        "a proxy has an HTTP URL",
        ignition(proxy={"httpProxy": "ftp://x"}),
        "error $.ignition.proxy.httpProxy: proxies must be http(s)",
    ),
    case(
        "a plain proxy for HTTPS leads to a warning",
        ignition(proxy={"httpsProxy": "http://x"}),
        "warning $.ignition.proxy.httpsProxy: insecure plaintext HTTP proxy",
    ),
]
PEOPLE_AND_KERNEL = [
    case(
        "only one user may have no name",
        config(passwd={"users": [{}, {}]}),
        "error $.passwd.users.1: duplicate entry defined",
    ),
    case(
        "a key of a user is unique",
        config(passwd={"users": [{"name": "a", "sshAuthorizedKeys": ["k", "k"]}]}),
        "error $.passwd.users.0.sshAuthorizedKeys.1: duplicate entry defined",
    ),
    case(
        "a kernel argument is in one of two lists",
        config(kernelArguments={"shouldExist": ["a"], "shouldNotExist": ["a"]}),
        "error $.kernelArguments.shouldNotExist.0: duplicate entry defined",
    ),
]
DISKS = [
    case(
        "a disk has a device",
        storage(disks=[{}]),
        "error $.storage.disks.0.device: disk device is required",
    ),
    case(
        "a partition is identified",
        storage(disks=[{"device": "/d", "partitions": [{}]}]),
        "error $.storage.disks.0.partitions.0: a partition number",
    ),
    case(
        "a GUID is well-formed",
        storage(disks=[{"device": "/d", "partitions": [{"number": 1, "guid": "x"}]}]),
        "error $.storage.disks.0.partitions.0.guid: doesn't match",
    ),
    *(
        case(
            f"partitions of one disk {how}",
            storage(disks=[{"device": "/d", "partitions": partitions}]),
            *found,
        )
        for how, partitions, *found in (
            (
                "have different numbers",
                [{"number": 1}, {"number": 1}],
                "error $.storage.disks.0.partitions.1: partition numbers collide",
                "error $.storage.disks.0.partitions.1: duplicate entry defined",
            ),
            (
                "have different labels",
                [{"number": 1, "label": "a"}, {"number": 2, "label": "a"}],
                "error $.storage.disks.0.partitions.1: cannot use the same partition label twice",
            ),
            (
                "do not overlap, and the first in the way of another is told of",
                [
                    {"number": 1, "startMiB": 50, "sizeMiB": 1},
                    {"number": 2, "startMiB": 20, "sizeMiB": 10},
                    {"number": 3, "startMiB": 1, "sizeMiB": 20},
                ],
                "error $.storage.disks.0.partitions.2: partitions overlap",
            ),
            (
                "may touch, start anywhere, and take what there is",
                [
                    {"number": 1, "startMiB": 1, "sizeMiB": 9},
                    {"number": 2, "startMiB": 10, "sizeMiB": 0},
                    {"number": 3, "startMiB": 0, "sizeMiB": 5},
                    {"number": 4, "startMiB": 11, "sizeMiB": 5},
                ],
            ),
        )
    ),
    case(
        "a filesystem on a partitioned disk leads to a warning",
        storage(
            disks=[{"device": "/d", "wipeTable": True, "partitions": [{"number": 1}]}],
            filesystems=[{"device": "/d"}],
        ),
        "warning $.storage.filesystems.0.device: filesystem overwrites partitioned device",
    ),
    case(
        "a wiped filesystem leads to a warning unless it sets wipeFilesystem",
        storage(
            disks=[{"device": "/d", "wipeTable": True}, {"device": "/e", "wipeTable": True}],
            filesystems=[
                {"device": "/d"},
                {"device": "/e", "format": "xfs", "wipeFilesystem": True},
            ],
        ),
        "warning $.storage.filesystems.0.device: device matches disk with wipeTable enabled",
    ),
    case(
        "a custom clevis pin is exclusive",
        storage(
            luks=[
                {
                    "name": "l",
                    "device": "/d",
                    "clevis": {"tpm2": True, "custom": {"pin": "sss", "config": "c"}},
                }
            ]
        ),
        "error $.storage.luks.0.clevis: cannot use custom clevis config with tpm2",
    ),
    case(
        "a tang advertisement is JSON with valid numbers",
        storage(
            luks=[
                {
                    "name": "l",
                    "device": "/d",
                    "clevis": {
                        "tang": [{"url": "http://x", "thumbprint": "t", "advertisement": "1e999"}]
                    },
                }
            ]
        ),
        "error $.storage.luks.0.clevis.tang.0.advertisement: advertisement is not valid JSON",
    ),
    case(
        "an array has a level and devices",
        storage(raid=[{"name": "r"}]),
        "error $.storage.raid.0.level: raid level is required",
        "error $.storage.raid.0.devices: raid devices required",
    ),
    case(
        "raid0 has no spares",
        storage(raid=[{"name": "r", "level": "raid0", "devices": ["/d"], "spares": 1}]),
        "error $.storage.raid.0.level: spares unsupported",
    ),
    case(
        "a mounted filesystem has a format",
        storage(filesystems=[{"device": "/d", "path": "/p"}]),
        "error $.storage.filesystems.0.format: format cannot be empty",
    ),
    case(
        "a label fits its format",
        storage(filesystems=[{"device": "/d", "format": "xfs", "label": "x" * 13}]),
        "error $.storage.filesystems.0.label: filesystem labels cannot be longer than 12",
    ),
    case(
        "mount options may be repeated",
        storage(filesystems=[{"device": "/d", "format": "xfs", "mountOptions": ["a", "a"]}]),
    ),
    case(
        "options to open a volume are unique",
        storage(luks=[{"name": "l", "device": "/d", "openOptions": ["a", "a"]}]),
        "error $.storage.luks.0.openOptions.1: duplicate entry defined",
    ),
]


@pytest.mark.parametrize(
    ("raw", "found"),
    [*PATHS, *OWNERS_AND_MODES, *CONTENTS, *LINKS, *UNITS, *IGNITION, *PEOPLE_AND_KERNEL, *DISKS],
)
def test_rule(raw: bytes, found: tuple[str, ...]) -> None:
    result = parse(raw)
    told = sorted(f"{entry.severity} {entry.path}: {entry.message}" for entry in result.report)
    assert [line.startswith(wanted) for line, wanted in zip(told, sorted(found), strict=True)] == [
        True for _ in found
    ], told
    assert result.valid == (not any(line.startswith("error") for line in found))
