"""The only importer of kopf: events of our kinds and of Nodes wake the reconciler, and no more.

Kubelets write to their Nodes all the time, so only what we look at there is news.

kopf runs in a thread of its own with a private registry. It lists and watches; it writes nothing.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import kopf

from controller.api import names
from controller.cluster.seen_node import SeenNodes

_OURS: Final = (
    names.MACHINE_CONFIGS,
    names.MACHINE_CONFIG_POOLS,
    names.MACHINE_CONFIGURATIONS,
)


class Watch:
    """Calls `wake` at every event until it is stopped; `alive` says whether it still does."""

    def __init__(self, wake: Callable[[], None], kubeconfig: Path | None, silence: float) -> None:
        """Watch the cluster that `kubeconfig` names, or the one this pod runs in.

        A watch that says nothing for `silence` seconds is opened anew.
        """
        self._stop = threading.Event()
        self._registry = _registry(wake, kubeconfig)
        self._settings = _settings(silence)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin in the background."""
        logging.getLogger("kopf").setLevel(logging.WARNING)
        # It warns that it is not on the main thread, where it would take the signals.
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        self._thread.start()
        return self

    @property
    def alive(self) -> bool:
        """Whether events still arrive."""
        return self._thread.is_alive()

    def __exit__(self, *_: object) -> None:
        """End, and wait for it."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        asyncio.run(
            kopf.operator(
                registry=self._registry,
                settings=self._settings,
                clusterwide=True,
                standalone=True,
                stop_flag=self._stop,
            )
        )


class _NothingStored(kopf.DiffBaseStorage):
    """kopf keeps no last-seen state on the objects."""

    def fetch(self, **_: Any) -> None:  # noqa: ANN401 - kopf's own signature
        return None

    def store(self, **_: Any) -> None:  # noqa: ANN401 - same
        return None


def _registry(wake: Callable[[], None], kubeconfig: Path | None) -> kopf.OperatorRegistry:
    registry, seen = kopf.OperatorRegistry(), SeenNodes()

    # A thread for each event would cost more than what is done here.
    async def woken(**_: Any) -> None:  # noqa: ANN401 - kopf passes what it likes
        wake()

    async def woken_by_node(event: Any, **_: Any) -> None:  # noqa: ANN401 - same
        if seen.is_news(event):
            wake()

    def login(**arguments: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - same
        if kubeconfig:
            return kopf.login_with_kubeconfig(**arguments)
        return kopf.login_with_service_account(**arguments)

    kopf.on.login(registry=registry)(login)
    kopf.on.event("v1", "nodes", registry=registry)(woken_by_node)
    for plural in _OURS:
        kopf.on.event(names.GROUP, names.VERSION, plural, registry=registry)(woken)
    return registry


def _settings(silence: float) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = _NothingStored()
    settings.watching.inactivity_timeout = silence
    settings.watching.connect_timeout = 5
    settings.networking.connect_timeout = 5
    # Hours of refusals: the reconciler decides for itself what an absent API server means.
    settings.networking.error_backoffs = [1, 2, 5, *[10] * 2000]
    return settings
