"""A clean cluster for each test that runs the controller."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.demo.narrator import silent
from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.clean_lab import forget_configs, make_pristine


@pytest.fixture
def stage(lab: Lab) -> Iterator[Stage]:
    """The product is installed, and no controller runs yet."""
    with playing(lab) as stage:
        yield stage


@contextmanager
def playing(lab: Lab) -> Iterator[Stage]:
    """Yield a stage; afterwards the cluster and its machines are in their initial state."""
    lab.install()
    forget_configs(lab)
    stage = Stage(lab, silent())
    yield stage
    assert stage.controller.stop() == 0, "the controller stops cleanly on SIGTERM"
    forget_configs(lab)
    make_pristine(lab, lab.nodes)
