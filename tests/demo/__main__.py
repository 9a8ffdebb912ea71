"""The demo: `python -m tests.demo`. KEEP=1 leaves the lab up and prints how to look around."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.demo.chapters import CHAPTERS
from tests.demo.narrator import Narrator, aloud
from tests.demo.stage import Stage
from tests.lab import Lab, LabError


def main() -> None:
    """Bring a lab up, play the chapters, print a summary, and leave nothing running."""
    # Like Ctrl-C, so that a running lab is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lab = Lab(Path(os.environ.get("LAB_DIR", ".lab")))
    keep = os.environ.get("KEEP", "") not in {"", "0"}
    narrator = aloud()
    try:
        _play(lab, narrator, keep=keep)
    except LabError as error:
        sys.exit(f"demo: {error}")
    except AssertionError as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        sys.exit(f"demo: this did not hold: {error or where.line}; see {lab.folder / 'logs'}")
    except KeyboardInterrupt:
        sys.exit("demo: interrupted; the lab is down")


def _play(lab: Lab, narrator: Narrator, *, keep: bool) -> None:
    began = time.monotonic()
    lab.up(stays=keep)
    try:
        lab.install()
        times = [("The lab comes up", time.monotonic() - began)]
        times += _play_chapters(Stage(lab, narrator))
    except BaseException:
        lab.down()
        raise
    _sum_up(narrator, times)
    if keep:
        _print_how_to_look_around(lab, narrator)
    else:
        lab.down()


def _play_chapters(stage: Stage) -> Iterator[tuple[str, float]]:
    """Play all chapters; yield the title and duration of each."""
    try:
        for number, chapter in enumerate(CHAPTERS, start=1):
            title = f"{number}. {(chapter.__doc__ or '').rstrip('.')}"
            stage.narrator.title(title)
            began = time.monotonic()
            chapter(stage)
            yield title, time.monotonic() - began
    finally:
        status = stage.controller.stop()
    assert status == 0, f"the controller ended with exit status {status}"


def _sum_up(narrator: Narrator, times: list[tuple[str, float]]) -> None:
    narrator.title("All of it held")
    for title, seconds in times:
        narrator.explain(f"{seconds:6.1f} s  {title}")
    narrator.explain(f"{sum(seconds for _, seconds in times):6.1f} s  in all")


def _print_how_to_look_around(lab: Lab, narrator: Narrator) -> None:
    narrator.title("The lab stays up")
    narrator.explain(f"export KUBECONFIG={lab.kubeconfig} PATH={lab.bin}:$PATH")
    narrator.explain("kubectl get machineconfigpools,machineconfignodes")
    narrator.explain(f"ssh -F {lab.ssh_config} w-1")
    narrator.explain("make run        starts the controller again")
    narrator.explain("make lab-down   ends everything")


if __name__ == "__main__":
    main()
