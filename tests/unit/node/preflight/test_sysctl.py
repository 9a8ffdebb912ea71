"""Lines of kernel parameters are read as systemd-sysctl and sysctl read them."""

import pytest
from machineconfig_node.preflight.sysctl import problems


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
def test_what_they_take_is_fine(line: str) -> None:
    assert list(problems(line)) == []


@pytest.mark.parametrize("line", ["vm.swappiness", "vm.swappiness 10", "= 10", "-", "a b = 1"])
def test_what_they_refuse_is_found_with_its_line(line: str) -> None:
    assert list(problems(f"# first\n{line}\n")) == ["line 2 is not a `key = value`"]
