"""One bounded attempt to evict the pods of a node, which ends early where nothing moves."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker, BlockReason
from controller.drain.kubectl_proxy import ApiError
from controller.drain.observation import budgets_around, forecast, pods_on, surroundings
from controller.planning.drain import blockers, eviction_refusals
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import (
    DrainContext,
    PodDecision,
    PodStep,
    decide_pods,
    next_pods,
)

_PAUSE: Final = 1  # seconds between two looks
_AT_A_TIME: Final = 4  # evictions
# Seconds without any movement after which an attempt ends: it has looked twice; and where pods were
# evicted, others have had time to come up in their place, for which budgets wait.
_STUCK: Final = 2
_STUCK_AFTER_EVICTIONS: Final = 15
_UNTRIED: Final = ApiError("the attempt ended before the eviction was tried")


class Api(Protocol):
    """The API server."""

    def look(self, path: str, query: Mapping[str, str]) -> Json | None:
        """The object at `path`, None where there is none."""

    def create(self, path: str, body: Json) -> Json:
        """Create an object in the collection at `path`."""


class NotCordonedError(Exception):
    """The node is not cordoned, or not any more."""


@dataclass(frozen=True)
class Outcome:
    """The pods that were evicted, and what is still waited for; nothing once the node is free.

    `stuck` says that the attempt ended because nothing moved any more.
    """

    evicted: tuple[str, ...]
    blockers: tuple[Blocker, ...]
    stuck: bool = False


@dataclass(frozen=True)
class _Look:
    """The pods that are waited for at one moment, and whether anything moves."""

    pods: frozenset[str]
    blockers: tuple[Blocker, ...]
    moves: bool


class Attempt:
    """One attempt to drain one node."""

    def __init__(
        self,
        api: Api,
        node: str,
        settings: DrainSettings,
        seconds: float,
        before: Sequence[str] = (),
    ) -> None:
        """It may take `seconds`; the pods `before` were evicted by an attempt that it goes on."""
        self._before = tuple(before)
        self._api = api
        self._node = node
        self._settings = settings
        self._end = time.monotonic() + seconds
        self._around = DrainContext()
        self._known: set[str] = set()
        self._cordoned = False
        self._evicted: dict[str, Pod] = {}
        self._refused: dict[str, ApiError] = {}

    def forecast(self) -> Outcome:
        """What it would evict and wait for; nothing is evicted."""
        foreseen = forecast(self._api.look, self._node, self._settings, datetime.now(UTC))
        return Outcome(tuple(str(each.pod) for each in foreseen.evictions), foreseen.blockers)

    def run(self) -> Outcome:
        """Evict until the node is free, or no pod moves, or the time is up.

        Raises:
            ApiError: the API server could not be asked.
            NotCordonedError: the node is not cordoned.
        """
        moved, before = time.monotonic(), frozenset[str]()
        while True:
            look = self._step()
            now = time.monotonic()
            if look.moves or look.pods != before:
                moved, before = now, look.pods
            evicted = (*self._before, *map(str, self._evicted.values()))
            patience = _STUCK_AFTER_EVICTIONS if evicted else _STUCK
            stuck = bool(look.pods) and now - moved >= patience
            if not look.pods or now >= self._end or stuck:
                return Outcome(evicted, look.blockers, stuck)
            time.sleep(_PAUSE)

    def _step(self) -> _Look:
        """Look once, and evict what is to be evicted now."""
        self._prove_cordon()
        waited_for = next_pods(self._verdicts())
        refusals = self._evict([each.pod for each in waited_for if each.step is PodStep.EVICT])
        found = self._blockers(waited_for, refusals)
        moves = any(each.reason is BlockReason.GRACE_PERIOD for each in found)
        return _Look(frozenset(each.pod.uid for each in waited_for), found, moves)

    def _prove_cordon(self) -> None:
        node = self._api.look(f"/api/v1/nodes/{self._node}", {})
        if node is None:
            raise ApiError(f"there is no Node {self._node}")
        if node.get("spec", {}).get("unschedulable"):
            self._cordoned = True
        elif self._cordoned:
            raise NotCordonedError(
                f"somebody has uncordoned {self._node} in the middle of the drain"
            )
        else:
            raise NotCordonedError(
                f"{self._node} is not cordoned, so that its pods could come back"
            )

    def _verdicts(self) -> tuple[PodDecision, ...]:
        pods = pods_on(self._api.look, self._node)
        uids = {each.uid for each in pods}
        if not uids <= self._known:
            self._around = surroundings(self._api.look, pods, self._settings)
            self._known = uids
        return decide_pods(pods, self._around, self._settings, datetime.now(UTC))

    def _evict(self, pods: Sequence[Pod]) -> dict[str, ApiError]:
        """Try to evict the pods, and return by uid why some were refused."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            refusals = list(pool.map(self._refusal, pods))
        self._refused = {pod.uid: error for pod, error in zip(pods, refusals, strict=True) if error}
        self._evicted |= {each.uid: each for each in pods if each.uid not in self._refused}
        return self._refused

    def _refusal(self, pod: Pod) -> ApiError | None:
        if time.monotonic() >= self._end:
            return self._refused.get(pod.uid, _UNTRIED)
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/eviction"
        try:
            self._api.create(path, _eviction(pod, self._settings.grace_period_seconds))
        except ApiError as error:
            return None if error.says_absent else error
        return None

    def _blockers(
        self, waited_for: Sequence[PodDecision], refusals: Mapping[str, ApiError]
    ) -> tuple[Blocker, ...]:
        refused = [each.pod for each in waited_for if each.pod.uid in refusals]
        budgets = budgets_around(self._api.look, refused)

        def of(verdict: PodDecision) -> Blocker | None:
            pod, error = verdict.pod, refusals.get(verdict.pod.uid)
            if error is _UNTRIED:
                return verdict.blocker or blockers.not_attempted(pod)
            if error:
                return eviction_refusals.refused(pod, budgets, error.code, str(error))
            return blockers.just_evicted(pod) if verdict.step is PodStep.EVICT else verdict.blocker

        return tuple(each for each in map(of, waited_for) if each)


def _eviction(pod: Pod, grace: int) -> Json:
    options: Json = {"preconditions": {"uid": pod.uid}}
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
        "deleteOptions": options if grace < 0 else {**options, "gracePeriodSeconds": grace},
    }
