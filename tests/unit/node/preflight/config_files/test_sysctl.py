"""Lines of sysctl files are parsed as systemd-sysctl and sysctl parse them."""

import pytest
from machineconfig_node.preflight.config_files.sysctl import problems


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "# a comment",
        "; another",
        "vm.swappiness=10",
        "  net.ipv4.ip_forward = 1",
        "-net.ipv4.conf.*.rp_filter = 1",
        "-net.ipv4.conf.lo.rp_filter",
        "kernel.core_pattern = |/bin/a %p = %u",
    ],
)
def test_valid_lines_are_accepted(line: str) -> None:
    assert list(problems(line)) == []


@pytest.mark.parametrize("line", ["vm.swappiness", "vm.swappiness 10", "= 10", "-", "a b = 1"])
def test_an_invalid_line_is_reported_with_its_number(line: str) -> None:
    assert list(problems(f"# first\n{line}\n")) == ["line 2 is not a `key = value`"]
