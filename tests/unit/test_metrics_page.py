"""docs/metrics.md names the metrics that the controller exports, and no others."""

import re
from datetime import UTC, datetime
from pathlib import Path

import prometheus_client
import yaml

from controller import metrics

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
ROW = re.compile(r"^\| `(machineconfig_\w+)` \| ((?:`\w+`(?:, )?)*) ?\|", re.MULTILINE)


def _exported() -> dict[str, set[str]]:
    """The names under which Prometheus sees them, with their labels."""
    metrics.record_pass((), datetime.now(UTC))  # a label without a value shows nowhere
    samples = (each for family in prometheus_client.REGISTRY.collect() for each in family.samples)
    ours = (each for each in samples if each.name.startswith("machineconfig_"))
    return {each.name: set(each.labels) for each in ours if not each.name.endswith("_created")}


def test_the_page_names_every_metric_with_its_labels() -> None:
    assert {name: set(re.findall(r"\w+", labels)) for name, labels in ROW.findall(PAGE)} == (
        _exported()
    )


def test_its_alerts_are_about_metrics_that_there_are() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    [group] = yaml.safe_load(block)["groups"]

    for rule in group["rules"]:
        assert set(re.findall(r"machineconfig_\w+", rule["expr"])) <= set(_exported())
