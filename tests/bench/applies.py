"""How long it takes to write files to a machine: by this product, `copy` in a loop, and tar."""

import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench import floor
from tests.bench.configs import Config, config, small_files
from tests.bench.measuring import Job, Measurement, fastest
from tests.lab import Lab
from tests.machines.playbook import play

_NODE = "w-1"
_COUNTS = (1, 10, 100, 1000)
_MOST_IN_A_LOOP = 100
_ROUNDS = 3
_COPY_LOOP = Path(__file__).with_name("copy_loop")

_APPLY = "apply.yml"
_LOOP = "a loop of copy"
_TAR = "tar"


def measurements(lab: Lab) -> Iterator[Measurement]:
    """Measure all methods in turn, on a machine that has none of the files."""
    jobs = {key: job for count in _COUNTS for key, job in _jobs(lab, count)}
    taken = fastest(jobs, _ROUNDS)

    def compared(
        what: tuple[str, int], to: tuple[str, int], bound: float | None = None
    ) -> Measurement:
        return Measurement(_text(*what), taken[what], _text(*to), taken[to], bound)

    yield compared((_APPLY, 1000), (_APPLY, 1), bound=2.5)
    yield compared((_APPLY, 100), (_LOOP, 100), bound=0.1)
    for method, count in taken:
        if method != _TAR:
            yield compared((method, count), (_TAR, count))


def _text(method: str, count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'} by {method}"


def _jobs(lab: Lab, count: int) -> Iterator[tuple[tuple[str, int], Job]]:
    """Return a job for each method, with so many files."""
    files = small_files(0, count)
    archive = floor.archive(files, lab.folder / f"{count}-files.tar")
    bare = partial(_remove_files, lab)
    yield (_APPLY, count), Job(partial(_play, lab, "apply", files), partial(_reset, lab))
    if count <= _MOST_IN_A_LOOP:
        folder = _extracted(archive)
        yield (_LOOP, count), Job(partial(_play, lab, str(_COPY_LOOP), files, folder), bare)
    yield (_TAR, count), Job(partial(floor.run, lab, "tar.sh", _NODE, archive), bare)


def _extracted(archive: Path) -> str:
    folder = archive.with_suffix("")
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    return str(folder / "etc" / "app")


def _reset(lab: Lab) -> None:
    """Reset the machine to an empty config, with nothing unconfirmed."""
    _play(lab, "update", config())
    _remove_files(lab)


def _remove_files(lab: Lab) -> None:
    lab.ssh(_NODE, "sudo rm -rf /etc/app && sync")


def _play(lab: Lab, playbook: str, files: Config, folder: str = "") -> None:
    run = play(lab, _NODE, files, playbook=playbook, folder=folder)
    if run.status:
        raise RuntimeError(f"{playbook} failed: {run.output}")
