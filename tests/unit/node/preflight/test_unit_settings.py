"""A unit's text is read as systemd reads it."""

from machineconfig_node.preflight.unit_settings import settings


def test_lines_that_end_in_a_backslash_go_on_in_the_next_though_a_comment_stands_between() -> None:
    text = ["[Service]", "EnvironmentFile=\\", "# not this", "  /etc/a"]

    assert settings(text)["EnvironmentFile"] == ["/etc/a"]


def test_a_key_keeps_its_values_in_order_until_an_empty_one() -> None:
    text = ["[Service]", "User = a", "User=", "User=b", "[Install]", "User=c"]

    assert settings(text)["User"] == ["b"]


def test_a_value_may_hold_an_equals_sign() -> None:
    assert settings(["[Service]", "EnvironmentFile=/a=b"])["EnvironmentFile"] == ["/a=b"]
