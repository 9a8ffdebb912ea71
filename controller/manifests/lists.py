"""The objects of a list, as `kubectl get -o yaml` prints it."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from controller.manifests.document import Document, Path

_LIST = "List"


def objects(document: Document) -> Iterator[Document]:
    """Yield the objects of a list and of nested lists; any other document is yielded itself."""
    content = document.content
    if not _is_list(content):
        yield document
        return
    below: dict[str | int, dict[Path, int]] = defaultdict(dict)
    for path, line in document.lines.items():
        match path:
            case ("items", index, *rest):
                below[index][tuple(rest)] = line
    for index, item in enumerate(content["items"]):
        line, lines = document.line_of(("items", index)), below[index]
        yield from objects(Document(document.file, line, _with_kind(item, content), lines))


def _is_list(content: Any) -> bool:  # noqa: ANN401 - plain data
    return (
        isinstance(content, dict)
        and str(content.get("kind", "")).endswith(_LIST)
        and isinstance(content.get("items"), list)
    )


def _with_kind(item: Any, list_: dict[str, Any]) -> Any:  # noqa: ANN401 - plain data
    """Add the apiVersion and kind that the API server leaves out in a list of one kind."""
    if not isinstance(item, dict) or item.get("kind") or item.get("apiVersion"):
        return item
    kind = list_["kind"].removesuffix(_LIST)
    return {**item, "apiVersion": list_.get("apiVersion"), "kind": kind} if kind else item
