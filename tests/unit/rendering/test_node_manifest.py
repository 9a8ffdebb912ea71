"""The manifest for a node contains decoded files, units and keys."""

import base64
import gzip
from hashlib import sha256, sha512
from typing import Any

import pytest

from controller.rendering import contents
from controller.rendering.node_manifest import ManifestError, manifest
from controller.rendering.render import Rendered, render
from tests.unit.rendering.build import files, gzipped, in_base64, keys, machine_config, units

BYTES = bytes(range(256))


def ignition(**sections: Any) -> dict[str, Any]:  # noqa: ANN401 - any section of a config
    return {"ignition": {"version": "3.4.0"}} | sections


def the_file(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    document = ignition(**files({"path": "/etc/a"} | members))
    [file] = manifest(document, "boot")["files"]
    return dict(file)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, b"", id="none"),
        pytest.param({}, b"", id="empty"),
        pytest.param({"source": ""}, b"", id="an empty source"),
        pytest.param({"source": "data:,a%20b%0A"}, b"a b\n", id="percent-encoded"),
        pytest.param({"source": "data:text/plain;charset=utf-8,%C3%A4"}, b"\xc3\xa4", id="UTF-8"),
        pytest.param({"source": in_base64(BYTES)}, BYTES, id="base64"),
        pytest.param(gzipped(BYTES), BYTES, id="gzip"),
        pytest.param(gzipped(b""), b"", id="gzip of nothing"),
        pytest.param(gzipped(b"x" * 1_000_000), b"x" * 1_000_000, id="gzip of much"),
        pytest.param(
            {"source": "data:,a", "compression": ""}, b"a", id="an empty compression is none"
        ),
        pytest.param(
            {"source": "data:,a", "verification": {"hash": f"sha512-{sha512(b'a').hexdigest()}"}},
            b"a",
            id="verified",
        ),
        pytest.param(
            gzipped(b"a") | {"verification": {"hash": f"sha256-{sha256(b'a').hexdigest()}"}},
            b"a",
            id="the digest is of what is inflated",
        ),
    ],
)
def test_a_file_has_its_decoded_contents(given: dict[str, Any] | None, expected: bytes) -> None:
    assert base64.b64decode(the_file(contents=given)["content"]) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({}, (0o644, 0, 0), id="unset"),
        pytest.param({"mode": 0o600}, (0o600, 0, 0), id="a mode"),
        pytest.param({"mode": 0}, (0, 0, 0), id="a mode of nothing"),
        pytest.param(
            {"user": {"name": "boot"}, "group": {"name": "adm"}}, (0o644, "boot", "adm"), id="names"
        ),
        pytest.param({"user": {"id": 0}, "group": {"id": 7}}, (0o644, 0, 7), id="ids"),
        pytest.param({"user": {"name": "0"}}, (0o644, "0", 0), id="a name of digits is a name"),
    ],
)
def test_a_file_has_a_mode_and_owners(
    members: dict[str, Any], expected: tuple[int, int | str | None, int | str | None]
) -> None:
    file = the_file(**members)

    assert (file["mode"], file["user"], file["group"]) == expected


def test_a_unit_is_sent_unchanged_and_unset_members_stay_unset() -> None:
    text = "[Service]\n# {{ lookup('pipe', 'id') }}\nExecStart=/bin/true\n"
    whole = {
        "name": "a.service",
        "enabled": False,
        "mask": False,
        "contents": text,
        "dropins": [{"name": "b.conf", "contents": "[Unit]\n"}, {"name": "c.conf"}],
    }

    sent = manifest(ignition(**units(whole, {"name": "b.timer", "enabled": True})), "boot")["units"]

    assert sent == [
        whole | {"dropins": [whole["dropins"][0], {"name": "c.conf", "contents": None}]},  # type: ignore[index]
        {"name": "b.timer", "enabled": True, "mask": None, "contents": None, "dropins": []},
    ]


def test_a_masked_unit_has_no_text() -> None:
    masked = {"name": "a.service", "mask": True, "contents": "[Unit]\n"}

    assert manifest(ignition(**units(masked)), "boot")["units"][0]["contents"] is None


def test_a_unit_without_settings_is_left_alone() -> None:
    assert manifest(ignition(**units({"name": "a.service"})), "boot")["units"] == []


def test_keys_are_one_per_line_for_the_boot_user() -> None:
    sent = manifest(ignition(**keys(" ssh-ed25519 AAAA a ", "ssh-rsa BBBB b", user="core")), "core")

    assert (sent["user"], sent["keys"]) == ("core", ["ssh-ed25519 AAAA a", "ssh-rsa BBBB b"])


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(["ssh-ed25519 AAAA a\n", "ssh-rsa BBBB b\n"], id="each ends in a newline"),
        pytest.param(["ssh-rsa BBBB b\nssh-ed25519 AAAA a\n"], id="several lines"),
        pytest.param(["ssh-rsa BBBB b\r\nssh-ed25519 AAAA a\r\n"], id="line ends of Windows"),
        pytest.param(["# of a\nssh-ed25519 AAAA a\n\n# of b\nssh-rsa BBBB b"], id="comments"),
        pytest.param(["ssh-rsa BBBB b\nssh-ed25519 AAAA a", "ssh-rsa BBBB b"], id="one twice"),
    ],
)
def test_keys_in_a_block_are_equivalent_to_keys_in_a_list(entries: list[str]) -> None:
    listed = ignition(**keys("ssh-ed25519 AAAA a", "ssh-rsa BBBB b"))

    assert manifest(ignition(**keys(*entries)), "boot") == manifest(listed, "boot")


def test_a_machine_config_and_its_plain_config_differ_only_in_name() -> None:
    rendered = render("worker", [machine_config("a", **files({"path": "/etc/a"}))], "boot")
    assert isinstance(rendered, Rendered)
    document = {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {"name": rendered.name, "resourceVersion": "7", "managedFields": []},
        "spec": {"config": rendered.config},
    }

    of_object, alone = manifest(document, "boot"), manifest(rendered.config, "boot")

    assert of_object.pop("config") == rendered.name
    assert alone.pop("config") == rendered.name.replace("rendered-worker", "ignition")
    assert of_object == alone


def test_a_config_of_an_older_version_can_be_sent() -> None:
    assert manifest({"ignition": {"version": "3.1.0"}}, "boot")["files"] == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param({}, ["ignition", "there is no version"], id="no config"),
        pytest.param({"kind": "Pod"}, ["there is no version"], id="another kind"),
        pytest.param(
            ignition(**files({"path": "/a", "mode": 0o7777})),
            ["files.0.path: ", "files.0.mode: "],
            id="all unsupported parts",
        ),
        pytest.param(
            ignition(**files({"path": "b"}, {"path": "c"})),
            ["files.0.path: ", "files.1.path: "],
            id="all errors of Ignition",
        ),
        pytest.param(
            {
                "kind": "MachineConfig",
                "metadata": {"name": "50-a"},
                "spec": {"config": ignition(**keys("k", user="root"))},
            },
            ["50-a: spec.config.passwd.users.0.name: the user root is not managed"],
            id="keys of another user",
        ),
    ],
)
def test_a_document_that_cannot_be_applied_is_refused(
    document: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ManifestError) as error:
        manifest(document, "boot")

    assert all(each in str(error.value) for each in words), error.value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"plain", "not a valid gzip stream", id="not compressed"),
        pytest.param(gzip.compress(b"a" * 100)[:-9], "is truncated", id="cut off"),
        pytest.param(
            gzip.compress(b"a")[:-8] + b"\0" * 8, "not a valid gzip stream", id="a wrong checksum"
        ),
        pytest.param(gzip.compress(b"\0" * (contents.LARGEST + 1)), "when decoded", id="a bomb"),
        pytest.param(b"", "is truncated", id="empty"),
    ],
)
def test_a_broken_compression_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(contents.ContentsError, match=reason) as error:
        contents.decode({"source": in_base64(data), "compression": "gzip"})

    assert error.value.member == "compression"


def test_all_members_of_a_gzip_stream_are_decompressed() -> None:
    both = gzip.compress(b"first\n") + gzip.compress(b"second\n")

    assert contents.decode({"source": in_base64(both), "compression": "gzip"}) == (
        b"first\nsecond\n"
    )


def test_trailing_data_after_a_gzip_stream_is_refused() -> None:
    with pytest.raises(contents.ContentsError):
        contents.decode({"source": in_base64(gzip.compress(b"a") + b"junk"), "compression": "gzip"})
