"""Each test has an executor of its own."""

import pytest

from tests.unit.runs.trackers import SimulatedExecutor


@pytest.fixture
def executor() -> SimulatedExecutor:
    return SimulatedExecutor()
