"""The time and memory that a run may use, and what exceeds these limits; pure.

A node that answers without an end, or never, is ended by itself, so that the others in the same run
go on. An excess that no single node causes ends the run.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final, Self

from controller.execution.processes import Process

_MIB: Final = 2**20
# Bytes; a check that finds ten thousand files changed answers with 2 MiB.
_ANSWER: Final = 8 * _MIB
# Bytes of one process' own memory. Ansible uses some 60 MiB, and keeps several copies of an answer.
_MEMORY: Final = 512 * _MIB
_OVERDUE: Final = 30  # seconds of silence after which it is reported
_REMEDY: Final = "check what runs on the node as root, and its sshd, sudo and Python"


@dataclass(frozen=True)
class Limits:
    """Seconds that one answer of a node may take, and `more` of them for some roles.

    `answers` is how many answers the time of a role has room for.
    """

    answer: float
    more: Mapping[str, float] = field(default_factory=dict)
    answers: float = 2

    def over(self, nodes: int) -> Self:
        """Return the limits of a run over so many nodes; of several, only answers are limited."""
        return self if nodes == 1 else replace(self, answers=inf)

    def of_answer(self, role: str) -> float:
        """How long a command on the node may last in a role."""
        return self.answer + self.more.get(role, 0)

    def of_role(self, role: str) -> float:
        """How long a role may last, in which commands follow each other."""
        return self.answers * self.answer + self.more.get(role, 0)


@dataclass(frozen=True)
class Violation:
    """A limit that was exceeded, and the process to end; without a `pid`, the whole run.

    A `tolerated` one is only reported.
    """

    cause: str
    pid: int = 0
    node: str = ""
    tolerated: bool = False
    remedy: str = _REMEDY


class LimitMonitor:
    """Compares the processes of one run with its limits, again and again."""

    def __init__(self, limits: Limits, now: float) -> None:
        """Start the run at `now`, in seconds of a monotonic clock."""
        self._limits = limits
        self._role = ""
        self._entered = now
        # By process, since when it is known, and the bytes that its reader had read by then.
        self._known: dict[int, tuple[float, int]] = {}
        self._reported: set[int] = set()

    def enter(self, role: str, now: float) -> None:
        """Note that a task of a role has started."""
        if role != self._role:
            self._role, self._entered = role, now

    def violations(self, processes: Iterable[Process], now: float) -> Iterator[Violation]:
        """Yield each limit that is exceeded now; an answer that is overdue is yielded once."""
        by_pid = {process.pid: process for process in processes}
        limit = self._limits.of_role(self._role)
        if now - self._entered > limit:
            yield Violation(f"the run has taken longer than {_time(limit)}")
        if any(process.memory > _MEMORY for process in by_pid.values()):
            yield Violation(f"the run has taken more than {_MEMORY // _MIB} MiB of memory")
        self._forget_all_but(by_pid)
        for process in by_pid.values():
            if process.node:
                reader = by_pid.get(process.parent, process)
                yield from self._of_answer(process, reader, now)

    def _of_answer(self, ssh: Process, reader: Process, now: float) -> Iterator[Violation]:
        """Yield what is wrong with the answer that an ssh brings to its reader."""
        since, read_before = self._known.setdefault(ssh.pid, (now, reader.read))
        limit, age = self._limits.of_answer(self._role), now - since
        if reader.read - read_before > _ANSWER:
            cause = f"the node has answered more than {_ANSWER // _MIB} MiB"
            yield Violation(cause, ssh.pid, ssh.node)
        elif age > limit:
            yield Violation(f"the node has not answered within {_time(limit)}", ssh.pid, ssh.node)
        elif age > _OVERDUE and ssh.pid not in self._reported:
            self._reported.add(ssh.pid)
            cause = f"the node has not answered for {_time(_OVERDUE)} (limit: {_time(limit)})"
            yield Violation(cause, ssh.pid, ssh.node, tolerated=True)

    def _forget_all_but(self, pids: Collection[int]) -> None:
        """Forget processes that have ended: others will get their numbers."""
        self._known = {pid: known for pid, known in self._known.items() if pid in pids}
        self._reported &= set(pids)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two minutes
