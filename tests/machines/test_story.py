"""The main job on real machines, from `kubectl apply` to the uncordoned node."""

from collections.abc import Iterator

import pytest

from tests.lab import Lab
from tests.story.chapters import CHAPTERS
from tests.story.narrator import silent
from tests.story.stage import Stage


@pytest.fixture
def stage(lab: Lab) -> Iterator[Stage]:
    lab.install()
    stage = Stage(lab, silent())
    yield stage
    assert stage.controller.stop() == 0, "the controller stops cleanly on SIGTERM"


def test_the_whole_main_job_holds_chapter_by_chapter(
    stage: Stage, subtests: pytest.Subtests
) -> None:
    for chapter in CHAPTERS:
        told = False
        with subtests.test(chapter.__doc__):
            chapter(stage)
            told = True
        if not told:
            pytest.fail(f"the story ends here; the log: {stage.controller.log.read_text()[-3000:]}")
