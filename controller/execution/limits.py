"""What a run may take of time and memory, and what is said of one that takes more; pure.

A node that answers without an end, or never, is ended by itself, so that those in the same run go
on. What no single node can be blamed for ends the run.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final, Self

from controller.execution.processes import Process

_MIB: Final = 2**20
# Bytes; a check that finds ten thousand files changed says so in 2 MiB.
_ANSWER: Final = 8 * _MIB
# Bytes of one process' own memory. Ansible comes to some 60 MiB, and keeps an answer several times.
_MEMORY: Final = 512 * _MIB
_TOLD: Final = 30  # seconds of silence after which a node is said to be waited for
_REMEDY: Final = "look at what runs there as root, and at its sshd, sudo and Python"


@dataclass(frozen=True)
class Limits:
    """Seconds that one answer of a node may take, and more for those of some roles.

    `answers` is how many of them the time of a role has room for.
    """

    answer: float
    more: Mapping[str, float] = field(default_factory=dict)
    answers: float = 2

    def over(self, nodes: int) -> Self:
        """The limits of a run over so many nodes; of several, each is held to its own answers."""
        return self if nodes == 1 else replace(self, answers=inf)

    def of_answer(self, role: str) -> float:
        """How long a command on the node may last in a role."""
        return self.answer + self.more.get(role, 0)

    def of_role(self, role: str) -> float:
        """How long a role may last, in which commands follow each other."""
        return self.answers * self.answer + self.more.get(role, 0)


@dataclass(frozen=True)
class Violation:
    """What was taken too much; `pid` is the process to end, all of them without one.

    Where only `waits` is said, nothing is to be ended yet.
    """

    cause: str
    pid: int = 0
    node: str = ""
    waits: bool = False
    remedy: str = _REMEDY


class LimitMonitor:
    """Holds the processes of one run against its limits, from one look to the next."""

    def __init__(self, limits: Limits, now: float) -> None:
        """The run begins at `now`, in seconds of a clock that only goes forward."""
        self._limits = limits
        self._role = ""
        self._entered = now
        self._seen: dict[int, tuple[float, int]] = {}
        self._told: set[int] = set()

    def enter(self, role: str, now: float) -> None:
        """The run has come to a task of a role."""
        if role != self._role:
            self._role, self._entered = role, now

    def exceeded(self, processes: Iterable[Process], now: float) -> Iterator[Violation]:
        """What the processes have taken too much; each is said once."""
        there = {each.pid: each for each in processes}
        limit = self._limits.of_role(self._role)
        if now - self._entered > limit:
            yield Violation(f"the run has taken longer than {_time(limit)}")
        if any(each.memory > _MEMORY for each in there.values()):
            yield Violation(f"the run has taken more than {_MEMORY // _MIB} MiB of memory")
        self._forget(there)
        for each in there.values():
            if each.node:
                yield from self._of_node(each, there.get(each.parent, each), now)

    def _of_node(self, ssh: Process, reader: Process, now: float) -> Iterator[Violation]:
        """What is wrong with the answer that an ssh brings to its reader."""
        since, before = self._seen.setdefault(ssh.pid, (now, reader.read))
        limit, age = self._limits.of_answer(self._role), now - since
        if reader.read - before > _ANSWER:
            words = f"the node has answered more than {_ANSWER // _MIB} MiB"
            yield Violation(words, ssh.pid, ssh.node)
        elif age > limit:
            yield Violation(f"the node has not answered within {_time(limit)}", ssh.pid, ssh.node)
        elif age > _TOLD and ssh.pid not in self._told:
            self._told.add(ssh.pid)
            words = f"waits for the node's answer for {_time(_TOLD)} now, of {_time(limit)} at most"
            yield Violation(words, ssh.pid, ssh.node, waits=True)

    def _forget(self, there: Collection[int]) -> None:
        """Forget processes that have ended: others will have their numbers."""
        self._seen = {pid: seen for pid, seen in self._seen.items() if pid in there}
        self._told &= set(there)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - two minutes
