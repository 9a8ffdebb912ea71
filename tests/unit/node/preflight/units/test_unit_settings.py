"""A unit's text is parsed as systemd parses it."""

from machineconfig_node.preflight.units.unit_settings import settings


def test_a_backslash_continues_a_line_across_comments() -> None:
    text = ["[Service]", "EnvironmentFile=\\", "# not this", "  /etc/a"]

    assert settings(text)["EnvironmentFile"] == ["/etc/a"]


def test_an_empty_value_resets_a_key() -> None:
    text = ["[Service]", "User = a", "User=", "User=b", "[X-Other]", "User=c"]

    assert settings(text)["User"] == ["b"]


def test_a_value_may_contain_an_equals_sign() -> None:
    assert settings(["[Service]", "EnvironmentFile=/a=b"])["EnvironmentFile"] == ["/a=b"]
