"""One bounded attempt to evict the pods of a node, which ends early where nothing moves."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker, BlockReason
from controller.drain.observation import (
    budgets_around,
    drain_context,
    forecast,
    is_silent,
    pods_on,
)
from controller.kubectl_proxy import ApiError
from controller.planning.drain import blockers, eviction_refusals
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import (
    DrainContext,
    PodDecision,
    PodStep,
    decide_pods,
    next_pods,
)

_PAUSE: Final = 1  # seconds between two observations
_PARALLEL: Final = 4  # evictions
# Seconds without progress after which an attempt ends: it has observed the pods twice; and where
# some were evicted, their replacements, which budgets wait for, have had time to start.
_STUCK: Final = 2
_STUCK_AFTER_EVICTIONS: Final = 15
_UNTRIED: Final = ApiError("the attempt ended before the eviction was tried")


class Api(Protocol):
    """The API server."""

    def get(self, path: str, query: Mapping[str, str]) -> Json | None:
        """Return the object at `path`; None if there is none."""

    def create(self, path: str, body: Json) -> Json:
        """Create an object in the collection at `path`."""


class NotCordonedError(Exception):
    """The node is not cordoned, or no longer."""


@dataclass(frozen=True)
class Outcome:
    """The pods that were evicted, and those that still block; none once the node is drained.

    `stuck` marks an attempt that ended because there was no more progress. `left` are the pods that
    block, and are not waited for, because the kubelet of the node is silent. `stranded` are those
    that stay because no other node could take them.
    """

    evicted: tuple[str, ...]
    blockers: tuple[Blocker, ...]
    stuck: bool = False
    left: tuple[Blocker, ...] = ()
    stranded: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Observation:
    """The pods that are waited for at one moment, and whether any of them is about to end."""

    pods: frozenset[str]
    blockers: tuple[Blocker, ...]
    any_ending: bool


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
        """It may take `seconds`; it continues an attempt that has evicted the pods `before`."""
        self._before = tuple(before)
        self._api = api
        self._node = node
        self._settings = settings
        self._end = time.monotonic() + seconds
        self._context = DrainContext()
        self._known: set[str] = set()
        self._cordoned = False
        self._evicted: dict[str, Pod] = {}
        self._refused: dict[str, ApiError] = {}
        self._left: dict[str, Blocker] = {}
        self._stranded: tuple[str, ...] = ()

    def forecast(self) -> Outcome:
        """Return what it would evict and wait for; nothing is evicted."""
        foreseen = forecast(self._api.get, self._node, self._settings, datetime.now(UTC))
        evicted = tuple(str(each.pod) for each in foreseen.evictions)
        return Outcome(evicted, foreseen.blockers, left=foreseen.left, stranded=foreseen.stranded)

    def run(self) -> Outcome:
        """Evict until the node is drained, or there is no more progress, or the time is up.

        Raises:
            ApiError: the API server did not answer, or refused.
            NotCordonedError: the node is not cordoned.
        """
        progress, before = time.monotonic(), frozenset[str]()
        while True:
            seen = self._step()
            now = time.monotonic()
            if seen.any_ending or seen.pods != before:
                progress, before = now, seen.pods
            evicted = (*self._before, *map(str, self._evicted.values()))
            limit = _STUCK_AFTER_EVICTIONS if evicted else _STUCK
            stuck = bool(seen.pods) and now - progress >= limit
            if not seen.pods or now >= self._end or stuck:
                left = tuple(self._left.values())
                return Outcome(evicted, seen.blockers, stuck, left, self._stranded)
            time.sleep(_PAUSE)

    def _step(self) -> _Observation:
        """Observe the pods, and evict those whose turn it is."""
        silent = is_silent(self._cordoned_node(), datetime.now(UTC))
        waited_for = next_pods(self._decisions(silent=silent))
        refusals = self._evict([each.pod for each in waited_for if each.step is PodStep.EVICT])
        found = self._blockers(waited_for, refusals)
        if silent:
            refused = {uid for uid, error in refusals.items() if error is not _UNTRIED}
            self._left |= {uid: blocker for uid, blocker in found.items() if uid in refused}
        any_ending = any(each.reason is BlockReason.GRACE_PERIOD for each in found.values())
        pods = frozenset(each.pod.uid for each in waited_for)
        return _Observation(pods, tuple(found.values()), any_ending)

    def _cordoned_node(self) -> Json:
        """Return the Node.

        Raises:
            NotCordonedError: it is not cordoned.
        """
        node = self._api.get(f"/api/v1/nodes/{self._node}", {})
        if node is None:
            raise ApiError(f"Node {self._node} does not exist")
        if node.get("spec", {}).get("unschedulable"):
            self._cordoned = True
            return node
        if self._cordoned:
            raise NotCordonedError(f"Node {self._node} was uncordoned during the drain")
        raise NotCordonedError(f"{self._node} is not cordoned, so that its pods could come back")

    def _decisions(self, *, silent: bool) -> tuple[PodDecision, ...]:
        """Return the decisions for the pods that are waited for, and note the others."""
        pods = pods_on(self._api.get, self._node)
        uids = {each.uid for each in pods}
        if not uids <= self._known:
            self._context = drain_context(self._api.get, self._node, pods, self._settings)
            self._known = uids
        context = replace(self._context, silent=silent)
        decisions = decide_pods(pods, context, self._settings, datetime.now(UTC))
        self._stranded = tuple(str(each.pod) for each in decisions if each.stranded)
        self._left |= {
            each.pod.uid: each.blocker
            for each in decisions
            if each.blocker and each.step is PodStep.LEAVE
        }
        return tuple(each for each in decisions if each.pod.uid not in self._left)

    def _evict(self, pods: Sequence[Pod]) -> dict[str, ApiError]:
        """Try to evict the pods, and return the refusals by uid."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
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
            return None if error.is_not_found else error
        return None

    def _blockers(
        self, waited_for: Sequence[PodDecision], refusals: Mapping[str, ApiError]
    ) -> dict[str, Blocker]:
        """Return what the drain waits for, by the pod's uid."""
        refused = [each.pod for each in waited_for if each.pod.uid in refusals]
        budgets = budgets_around(self._api.get, refused)

        def of(decision: PodDecision) -> Blocker | None:
            pod, error = decision.pod, refusals.get(decision.pod.uid)
            if error is _UNTRIED:
                return decision.blocker or blockers.not_attempted(pod)
            if error:
                return eviction_refusals.refused(pod, budgets, error.code, str(error))
            return (
                blockers.just_evicted(pod) if decision.step is PodStep.EVICT else decision.blocker
            )

        found = ((each.pod.uid, of(each)) for each in waited_for)
        return {uid: blocker for uid, blocker in found if blocker}


def _eviction(pod: Pod, grace: int) -> Json:
    options: Json = {"preconditions": {"uid": pod.uid}}
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
        "deleteOptions": options if grace < 0 else {**options, "gracePeriodSeconds": grace},
    }
