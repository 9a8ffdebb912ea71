"""The demo's rollout on real machines, from `kubectl apply` to the uncordoned node."""

import pytest

from tests.demo.chapters import CHAPTERS
from tests.demo.stage import Stage


def test_each_chapter_of_the_demo_holds(stage: Stage, subtests: pytest.Subtests) -> None:
    for chapter in CHAPTERS:
        finished = False
        with subtests.test(chapter.__doc__):
            chapter(stage)
            finished = True
        if not finished:
            pytest.fail(f"the demo ends here; the log: {stage.controller.log.read_text()[-3000:]}")
