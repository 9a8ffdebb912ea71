"""The manifests that `-f` names: files, folders and standard input, read as one set."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from controller.api.names import GROUP
from controller.cli.kubectl_mc.files.local_files import (
    explain_os_errors,
    read_manifest_file,
    read_manifest_stream,
    read_regular_manifest_file,
)
from controller.cli.kubectl_mc.terminal.errors import UnavailableError
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.manifests.reader import read
from controller.validation.kinds import kind_of, misnamed

# The documents that were read, and the problems of text that is not a document.
Documents = tuple[Document | Problem, ...]

STANDARD_INPUT: Final = "-"
_SUFFIXES: Final = {".yaml", ".yml", ".json"}


def read_files(paths: Sequence[str], *, recursive: bool) -> Documents:
    """Read the documents of all paths.

    Raises:
        UnavailableError: a path cannot be read, or no object of a known kind is in any of them.
    """
    found = tuple(
        each for file, text in _texts(paths, recursive=recursive) for each in read(file, text)
    )
    if not any(isinstance(each, Problem) or _is_of_known_kind(each) for each in found):
        reason = f"{', '.join(paths)}: {_contained(found)}"
        raise UnavailableError(reason, f"name files with objects of {GROUP}")
    return found


def _contained(found: Documents) -> str:
    """Describe documents none of which is of a kind of this group."""
    contents = (each.content for each in found if isinstance(each, Document))
    kinds = dict.fromkeys(str(each.get("kind")) for each in contents)
    if kinds:
        return f"contains only other kinds ({', '.join(kinds)})"
    return "no MachineConfig, MachineConfigPool or MachineConfiguration"


def _is_of_known_kind(document: Document) -> bool:
    """Return whether it is an object of a kind of this group, or seems to be meant as one."""
    content = document.content
    return not isinstance(content, dict) or bool(kind_of(content)) or any(misnamed(content))


def _texts(paths: Sequence[str], *, recursive: bool) -> Iterator[tuple[str, bytes]]:
    for name in dict.fromkeys(paths):
        if name == STANDARD_INPUT:
            yield "standard input", _standard_input()
        elif _is_folder(name):
            for path in _manifests(name, recursive=recursive):
                yield str(path), read_regular_manifest_file(path)
        else:
            yield name, read_manifest_file(Path(name))


def _standard_input() -> bytes:
    if sys.stdin is None:  # Python's value for a stream that the shell has closed
        raise UnavailableError("standard input is closed", "pipe manifests into it, or name files")
    return read_manifest_stream(Path("standard input"), sys.stdin.buffer)


def _is_folder(name: str) -> bool:
    if "://" in name:
        remedy = f"pipe it: curl -fsS {name} | kubectl mc … -f -"
        raise UnavailableError(f"{name} is a URL", remedy)
    with explain_os_errors(Path(name)):
        return Path(name).is_dir()


def _manifests(folder: str, *, recursive: bool) -> list[Path]:
    found = sorted(_files(Path(folder), recursive=recursive))
    if not found:
        remedy = "name another folder, or pass --recursive to include those below it"
        raise UnavailableError(f"no .yaml, .yml or .json file in {folder}", remedy)
    return found


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Yield the folder's manifests by name, also unreadable ones, which are an error later."""
    with explain_os_errors(folder):
        below = [(path, not path.is_symlink() and path.is_dir()) for path in folder.iterdir()]
    for path, is_folder in below:
        if is_folder and recursive:
            yield from _files(path, recursive=True)
        elif not is_folder and path.suffix in _SUFFIXES:
            yield path
