"""The main job on real machines, from `kubectl apply` to the uncordoned node."""

import pytest

from tests.demo.chapters import CHAPTERS
from tests.demo.stage import Stage


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
