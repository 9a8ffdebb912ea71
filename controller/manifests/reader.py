"""The objects in a manifest file, YAML or JSON, as kubectl reads them."""

from collections.abc import Iterator
from typing import Any, Final

from controller.manifests.document import Document, dotted
from controller.manifests.json_nodes import JSONText
from controller.manifests.lists import objects
from controller.manifests.nodes import Allowance, Node, Stop, TooMuch, Unreadable
from controller.manifests.plain_data import PlainData, Repeated
from controller.manifests.problem import Problem
from controller.manifests.yaml_documents import Piece, pieces
from controller.manifests.yaml_nodes import read_yaml

# After this number of JSON values, kubectl does not treat the text as YAML any more.
_CERTAINLY_JSON: Final = 2


def read(file: str, text: bytes) -> tuple[Document | Problem, ...]:
    """Read all objects of a file, even if some documents are invalid.

    A list, as `kubectl get -o yaml` prints it, gives the objects in it. A key that is defined twice
    gives a problem besides its object.

    Args:
        file: its name in problems.
        text: its contents.

    Returns:
        The objects and the problems of the file, in the order of the text.
    """
    return tuple(_found(file, text))


def read_one(file: str, text: bytes) -> dict[str, Any]:
    """Read the one object of a file.

    Raises:
        ValueError: there is not exactly one object, or it has a problem.
    """
    found = read(file, text)
    problems = [str(each) for each in found if isinstance(each, Problem)]
    if problems:
        raise ValueError("\n".join(problems))
    contents = [each.content for each in found if isinstance(each, Document)]
    if len(contents) != 1 or not isinstance(contents[0], dict):
        raise ValueError(f"{file} must contain exactly one object")
    return contents[0]


def _found(file: str, text: bytes) -> Iterator[Document | Problem]:
    allowance = Allowance()
    try:
        for node in _nodes(text, allowance):
            yield from _documents(file, node, allowance)
    except TooMuch as error:
        yield _stopped(file, error)


def _nodes(text: bytes, allowance: Allowance) -> Iterator[Node | Unreadable]:
    """Yield the documents of a text, which is YAML from where it is no longer JSON."""
    json = JSONText(_if_json(text), allowance)
    read = 0
    while not json.ended:
        allowance.document(json.line)
        try:
            yield json.read()
        except Unreadable as error:
            if read < _CERTAINLY_JSON:
                break
            yield error
            return
        read += 1
    for piece in pieces(json.rest.encode() if read else text, json.line):
        yield from _yaml(piece, allowance)


def _if_json(text: bytes) -> str:
    try:
        return text.decode() if text.lstrip().startswith(b"{") else ""
    except UnicodeDecodeError:
        return ""


def _yaml(piece: Piece | Unreadable, allowance: Allowance) -> Iterator[Node | Unreadable]:
    if isinstance(piece, Unreadable):
        yield piece
        return
    allowance.document(piece.first_line)
    try:
        node = read_yaml(piece.text, piece.first_line, allowance)
    except Unreadable as error:
        yield error
        return
    if node is not None:
        yield node


def _documents(
    file: str, node: Node | Unreadable, allowance: Allowance
) -> Iterator[Document | Problem]:
    try:
        if isinstance(node, Unreadable):
            raise node
        data = PlainData(node)
    except Unreadable as error:
        yield _stopped(file, error)
        return
    yield from (_twice(file, each) for each in data.repeated)
    if data.content is not None:
        for number, each in enumerate(objects(Document(file, node.line, data.content, data.lines))):
            if number:  # the first one was counted as it was read
                allowance.document(each.line)
            yield each


def _stopped(file: str, error: Stop) -> Problem:
    return Problem("error", file, error.line, "", "", error.reason, error.remedy)


def _twice(file: str, key: Repeated) -> Problem:
    first = "" if key.first == key.second else f", first in line {key.first}"
    reason = f"{key.path[-1]} is defined twice{first}"
    remedy = "keep one of the two; kubectl would silently drop the first"
    return Problem("error", file, key.second, "", dotted(key.path), reason, remedy)
