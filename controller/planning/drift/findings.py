"""What a node reported in a drift check; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from pydantic import ValidationError

from controller.api import names
from controller.api.json_object import Json
from controller.api.machine_config_node import Drift, Unreturned
from controller.planning.drift.not_restored import reported
from controller.rendering.naming import same_effect

LONGEST_KIND: Final = 63  # characters, as a MachineConfigNode may have
# Kinds of drift that only the controller sets; in a node's answer they have no meaning.
_RESERVED: Final = {names.RESTORED, names.NOT_CHECKED, *names.OLD_KINDS}
_LONGEST_RESTORED: Final = 500  # characters


@dataclass(frozen=True)
class Findings:
    """The state that a node reported.

    `config` is the one in its record, empty without a record; `settled` whether that was verified,
    and `by_hand` whether an administrator has applied it. `restored` contains who has restored all
    originals, when, and the remedy; it is empty if no one has. `moved` marks a node that was being
    changed meanwhile, which makes the rest worthless.
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
    def of(cls, answer: Json) -> Self | None:
        """Return the findings in the answer of a node; None if the answer is invalid."""
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

    def runs(self, config: str) -> bool:
        """Whether the node runs that config, or one with the same effect under another name."""
        return self.config == config or same_effect(self.config, config)


def _restored(answer: Json) -> str:
    given = answer.get("restored")
    texts = (
        [str(given.get(key, "")) for key in ("cause", "remedy")] if isinstance(given, dict) else []
    )
    return "{} ({})".format(*texts)[:_LONGEST_RESTORED] if any(texts) else ""


def _drift(answer: Json) -> Iterator[Drift]:
    if answer.get("forced"):
        yield Drift(path=names.FORCE_FILE, kind=names.FORCED)
    for each in answer["differences"]:
        yield Drift(path=each["path"] or each["name"], kind=_kind(each["what"]))


def _kind(text: str) -> str:
    kind = text[:LONGEST_KIND]
    return f"{kind!r}, as the node reports" if kind in _RESERVED else kind
