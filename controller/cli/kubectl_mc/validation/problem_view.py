"""Problems as people are shown them; pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from controller.cli.kubectl_mc.terminal.console import Line
from controller.manifests.problem import Problem

_STYLES: Final = {"error": "bold red", "warning": "bold yellow"}


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that hinder; warnings do not."""
    return tuple(each for each in problems if each.severity == "error")


def in_file(problem: Problem) -> bool:
    """Whether it stands in a file: an object in the cluster has no lines."""
    return bool(problem.line)


def lines(problems: Iterable[Problem]) -> Iterator[Line]:
    """Each problem on a line as compilers write it, and below it how to mend it."""
    for each in problems:
        place = f"{each.file}:{each.line}" if in_file(each) else each.file
        what = ": ".join(filter(None, (each.object, each.path, each.reason)))
        yield [(f"{place}: ", "bold"), (each.severity, _STYLES[each.severity]), f": {what}"]
        if each.remedy:
            yield [f"  {each.remedy}"]


def count(number: int, word: str) -> str:
    """How many: `no errors`, `1 error`, `2 errors`."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
