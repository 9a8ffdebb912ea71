"""How long it takes to render a pool."""

from collections.abc import Iterator

from controller.rendering.render import render
from tests.bench.configs import small_files
from tests.bench.measuring import Measurement, to_reading
from tests.unit.rendering.build import machine_config


def measurements() -> Iterator[Measurement]:
    """Measure the ratios to reading the same bytes with `json.loads`."""
    sources = [machine_config(f"{each:03}", **small_files(20 * each, 20)) for each in range(100)]
    configs = [each.spec.config for each in sources]
    what = "render 100 MachineConfigs of 20 files"
    yield to_reading(what, lambda: render("worker", sources, "boot"), configs, bound=150)
