"""Problems of manifests as text; pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from controller.cli.kubectl_mc.terminal.console import Line
from controller.manifests.problem import Problem

_STYLES: Final = {"error": "bold red", "warning": "bold yellow"}


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that are errors, not warnings."""
    return tuple(problem for problem in problems if problem.severity == "error")


def in_file(problem: Problem) -> bool:
    """Return whether the problem is in a file: an object in the cluster has no lines."""
    return bool(problem.line)


def problem_lines(problems: Iterable[Problem]) -> Iterator[Line]:
    """Yield each problem as compilers print it, and below it its remedy."""
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if in_file(problem) else problem.file
        what = ": ".join(filter(None, (problem.object, problem.path, problem.reason)))
        severity = problem.severity
        yield [(f"{place}: ", "bold"), (severity, _STYLES[severity]), f": {what}"]
        if problem.remedy:
            yield [f"  {problem.remedy}"]


def count(number: int, noun: str) -> str:
    """Return `no errors`, `1 error` or `2 errors`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
