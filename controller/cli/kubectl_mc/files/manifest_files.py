"""What `-f` names: files, folders and standard input, read as one set of objects."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from controller.api.names import GROUP
from controller.cli.kubectl_mc.files import local_files
from controller.cli.kubectl_mc.files.local_files import read_regular, readable
from controller.cli.kubectl_mc.terminal.errors import UnseenError
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.manifests.reader import read
from controller.validation.kinds import kind_of, misnamed

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
    return not isinstance(content, dict) or bool(kind_of(content)) or any(misnamed(content))


def _texts(named: Sequence[str], *, recursive: bool) -> Iterator[tuple[str, bytes]]:
    for name in dict.fromkeys(named):
        if name == STANDARD_INPUT:
            yield "standard input", _standard_input()
        elif _is_folder(name):
            for path in _manifests(name, recursive=recursive):
                yield str(path), read_regular(path)
        else:
            yield name, local_files.read(Path(name))


def _standard_input() -> bytes:
    if sys.stdin is None:  # so Python has it where the shell has closed it
        raise UnseenError("standard input is closed", "pipe manifests into it, or name files")
    return local_files.read_manifests(Path("standard input"), sys.stdin.buffer)


def _is_folder(name: str) -> bool:
    if "://" in name:
        raise UnseenError(f"{name} is a URL", f"pipe it: curl -fsS {name} | kubectl mc … -f -")
    with readable(Path(name)):
        return Path(name).is_dir()


def _manifests(folder: str, *, recursive: bool) -> list[Path]:
    found = sorted(_files(Path(folder), recursive=recursive))
    if not found:
        remedy = "name another, or look below it with --recursive"
        raise UnseenError(f"no .yaml, .yml or .json file in {folder}", remedy)
    return found


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Its manifests by their names, also those that cannot be read: none is passed over."""
    with readable(folder):
        below = [(path, not path.is_symlink() and path.is_dir()) for path in folder.iterdir()]
    for path, is_folder in below:
        if is_folder and recursive:
            yield from _files(path, recursive=True)
        elif not is_folder and path.suffix in _ENDINGS:
            yield path
