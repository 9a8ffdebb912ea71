"""The report of `kubectl mc validate`: every problem of a set of documents; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.problem_view import count, errors, problem_lines
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.validation.review import review


@dataclass(frozen=True)
class ValidationReport:
    """The number of objects that were validated, and their problems."""

    objects: int
    problems: tuple[Problem, ...]

    def passes(self, *, warnings_as_errors: bool) -> bool:
        """Return whether the documents are valid."""
        return not (self.problems if warnings_as_errors else errors(self.problems))

    def lines(self) -> Iterator[Line]:
        """Yield the report as text."""
        yield from problem_lines(self.problems)
        yield [self._summary()]

    def _summary(self) -> str:
        severities = [problem.severity for problem in self.problems]
        counted = (
            count(self.objects, "object"),
            count(severities.count("error"), "error"),
            count(severities.count("warning"), "warning"),
        )
        return ", ".join(counted)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON."""
        problems = [asdict(problem) for problem in self.problems]
        return {"objects": self.objects, "problems": problems}


def validation_report(found: Iterable[Document | Problem], boot_user: str) -> ValidationReport:
    """Review every document by itself, and all of them together."""
    documents = tuple(found)
    objects = sum(isinstance(each, Document) for each in documents)
    return ValidationReport(objects, review(documents, boot_user).problems)
