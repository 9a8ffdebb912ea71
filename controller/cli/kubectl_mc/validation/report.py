"""Everything that is wrong with a set of documents, at once; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.validation import problem_view
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.validation.review import review


@dataclass(frozen=True)
class Verdict:
    """What was looked at, and what there is to say of it."""

    objects: int
    problems: tuple[Problem, ...]

    def passes(self, *, warnings_as_errors: bool) -> bool:
        """Whether all is well."""
        return not (self.problems if warnings_as_errors else problem_view.errors(self.problems))


def verdict(found: Iterable[Document | Problem], boot_user: str) -> Verdict:
    """Look at every document, and at all of them together."""
    looked_at = tuple(found)
    objects = sum(isinstance(each, Document) for each in looked_at)
    return Verdict(objects, review(looked_at, boot_user).problems)


def lines(of: Verdict) -> Iterator[Line]:
    """The verdict for people."""
    yield from problem_view.lines(of.problems)
    yield [_summary(of)]


def _summary(of: Verdict) -> str:
    severities = [each.severity for each in of.problems]
    counted = (
        problem_view.count(of.objects, "object"),
        problem_view.count(severities.count("error"), "error"),
        problem_view.count(severities.count("warning"), "warning"),
    )
    return ", ".join(counted)


def document(of: Verdict) -> dict[str, Any]:
    """The same for programs."""
    return {"objects": of.objects, "problems": [asdict(each) for each in of.problems]}
