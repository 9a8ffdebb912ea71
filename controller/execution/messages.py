"""The messages by which the process of a run reports what happens, one JSON object a line."""

import json
from dataclasses import dataclass, field
from typing import Final, get_args

from controller.api.json_object import Json


@dataclass(frozen=True)
class TaskStarted:
    """A task of a role has started."""

    role: str


@dataclass(frozen=True)
class Answered:
    """A module of ours has succeeded on a node; `answer` is what it returned."""

    node: str
    role: str
    answer: Json


@dataclass(frozen=True)
class DrainWaits:
    """A drain goes on, and waits for these pods."""

    node: str
    role: str
    blockers: list[Json]


@dataclass(frozen=True)
class PodsLeft:
    """A drain has ended, and has left these pods on the node, whose kubelet is silent."""

    node: str
    role: str
    pods: list[str]


@dataclass(frozen=True)
class AnswerOverdue:
    """A node has not answered for some time; the run goes on."""

    node: str
    cause: str


@dataclass(frozen=True)
class Failed:
    """A task has failed on a node, or without a node the whole run.

    `transient` is what the task itself reports of its failure. `over_limit` marks a process that
    was ended because it took too long or too much. The other fields are those of the `Result` that
    this leads to.
    """

    cause: str
    remedy: str = ""
    node: str = ""
    role: str = ""
    action: str = ""
    unreachable: bool = False
    transient: bool = False
    over_limit: bool = False
    refused_by_fence: int = 0
    restored: bool = False
    blockers: list[Json] = field(default_factory=list)
    drain_abandoned: bool = False
    unconfirmed: bool = False
    login_failed: bool = False
    shortage: str = ""


@dataclass(frozen=True)
class PlaybookEnded:
    """Ansible's statistics: the nodes that it processed, and what became of them."""

    processed: list[str]
    failed: list[str]
    unreachable: list[str]

    def succeeded(self, node: str) -> bool:
        """Whether the playbook came to its end on the node, without a failure."""
        return node in self.processed and node not in {*self.failed, *self.unreachable}


Message = TaskStarted | Answered | DrainWaits | PodsLeft | AnswerOverdue | Failed | PlaybookEnded
_TYPES: Final = {each.__name__: each for each in get_args(Message)}
_TYPE: Final = "type"


def role_of(message: Message) -> str:
    """Return the role that the run is in by this message; empty where it reports none."""
    return getattr(message, "role", "")


def encode(message: Message) -> Json:
    """Return the message as a JSON object."""
    return {_TYPE: type(message).__name__, **vars(message)}


def decode(line: str | bytes) -> Message:
    """Read the message in a line.

    Raises:
        ValueError: it contains none, for example because its writer was killed.
    """
    try:
        fields: Json = json.loads(line)
        message: Message = _TYPES[fields.pop(_TYPE)](**fields)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("not a message of a run") from error
    return message
