"""What `-f` names: files, folders and standard input, read as one set of objects."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from controller.api.names import GROUP
from controller.cli.kubectl_mc.ending import UnseenError
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.manifests.reading import read
from controller.review.kinds import kind, misnamed

Found = tuple[Document | Problem, ...]

STANDARD_INPUT: Final = "-"
_ENDINGS: Final = {".yaml", ".yml", ".json"}


def read_files(named: Sequence[str], *, recursive: bool) -> Found:
    """Every document of ours in what `-f` names, and what is wrong with the text around them.

    Raises:
        UnseenError: something cannot be read, or none of our kinds is in it.
    """
    found = tuple(
        each for file, text in _texts(named, recursive=recursive) for each in read(file, text)
    )
    if not any(isinstance(each, Problem) or _is_ours(each) for each in found):
        reason = f"{', '.join(named)}: no MachineConfig, MachineConfigPool or MachineConfiguration"
        raise UnseenError(reason, f"name files with objects of {GROUP}")
    return found


def _is_ours(document: Document) -> bool:
    """Whether it is an object of our kinds, or is meant to be."""
    content = document.content
    return not isinstance(content, dict) or bool(kind(content)) or any(misnamed(content))


def _texts(named: Sequence[str], *, recursive: bool) -> Iterator[tuple[str, bytes]]:
    for name in dict.fromkeys(named):
        if name == STANDARD_INPUT:
            yield "standard input", sys.stdin.buffer.read()
        else:
            for path in _paths(name, recursive=recursive):
                yield str(path), read_bytes(path)


def _paths(name: str, *, recursive: bool) -> list[Path]:
    if "://" in name:
        raise UnseenError(f"{name} is a URL", f"pipe it: curl -fsS {name} | kubectl mc … -f -")
    folder = Path(name)
    with _readable(folder):
        if not folder.is_dir():
            return [folder]
        paths = folder.rglob("*") if recursive else folder.iterdir()
        found = sorted(path for path in paths if path.suffix in _ENDINGS and path.is_file())
    if not found:
        remedy = "name another, or look below it with --recursive"
        raise UnseenError(f"no .yaml, .yml or .json file in {name}", remedy)
    return found


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        UnseenError: it cannot be read.
    """
    with _readable(path):
        return path.read_bytes()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = "check the path" if isinstance(error, FileNotFoundError) else "check its rights"
        raise UnseenError(f"{path}: {(error.strerror or str(error)).lower()}", remedy) from error
