"""What a node reported in a drift check; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import ValidationError

from controller.api import names
from controller.api.machine_config_node import Drift, Unreturned
from controller.planning.drift.not_restored import reported
from controller.rendering.naming import same_effect

_LONGEST_KIND: Final = 63  # characters, as the MachineConfigNode takes them
# What only the controller says of a node: in an answer these words are no more than words.
_RESERVED: Final = {names.RESTORED, names.NOT_CHECKED}
_LONGEST_WORDS: Final = 500  # characters of who has given originals back, and what to do


@dataclass(frozen=True)
class Findings:
    """What a node says of itself.

    `config` is the one that its record holds, empty without, `settled` whether that was verified
    and `by_hand` whether a person has applied it. `restored` says who has given all originals back,
    when, and what to do; empty where nobody has. `moved` says that the node was being changed
    meanwhile, which makes the rest worthless.
    """

    config: str
    machine_id: str
    drift: tuple[Drift, ...]
    moved: bool = False
    settled: bool = True
    by_hand: bool = False
    restored: str = ""
    unreturned: tuple[Unreturned, ...] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self | None:
        """The findings in the answer of a node; None where it makes no sense."""
        try:
            return cls(
                config=str(answer["config"]),
                machine_id=str(answer.get("machine_id", "")),
                drift=tuple(_drift(answer)),
                moved=bool(answer.get("moved")),
                settled=bool(answer.get("settled", True)),
                by_hand=bool(answer.get("by_hand")),
                restored=_restored(answer),
                unreturned=reported(answer),
            )
        except (KeyError, TypeError, ValidationError):
            return None

    def is_on(self, config: str) -> bool:
        """Whether it is on that config, or on one that does the same under another name."""
        return self.config == config or same_effect(self.config, config)


def _restored(answer: Mapping[str, Any]) -> str:
    said = answer.get("restored")
    told = [str(said.get(key, "")) for key in ("cause", "remedy")] if isinstance(said, dict) else []
    return "{} ({})".format(*told)[:_LONGEST_WORDS] if any(told) else ""


def _drift(answer: Mapping[str, Any]) -> Iterator[Drift]:
    if answer.get("forced"):
        yield Drift(path=names.FORCE_FILE, kind="forceFile")
    for each in answer["differences"]:
        yield Drift(path=each["path"] or each["name"], kind=_kind(each["what"]))


def _kind(said: str) -> str:
    kind = said[:_LONGEST_KIND]
    return f"{kind!r}, as the node says" if kind in _RESERVED else kind
