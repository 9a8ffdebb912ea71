"""Wakes the loop at events of Nodes and of the controller's own kinds; the only importer of kopf.

kopf runs in a thread of its own with a private registry. It lists and watches; it writes nothing.
Kubelets update their Nodes all the time, so only changes that matter to a plan wake the loop.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
import kopf
import structlog

from controller.api import names
from controller.cluster.observation.node_parser import NodeChangeFilter

# Users apply several of these at once, which belong together; the controller writes pools itself.
_APPLIED: Final = (names.MACHINE_CONFIGS, names.MACHINE_CONFIGURATIONS)
_OWN_KINDS: Final = (*_APPLIED, names.MACHINE_CONFIG_POOLS)
_RETRY: Final = 5  # seconds until a watch that has ended is opened again
# Only the fact of a change matters: kopf receives no contents, however large or invalid.
_METADATA: Final = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
_log = structlog.get_logger(__name__)


class Watch:
    """Calls `wake` or `wake_for_more` at every event until it is stopped."""

    def __init__(
        self,
        wake: Callable[[], None],
        wake_for_more: Callable[[], None],
        ready: Callable[[], bool],
        kubeconfig: Path | None,
        timeout: float,
    ) -> None:
        """Watch the cluster of `kubeconfig`, or the one that this pod runs in.

        `ready` returns whether the API server has the kinds. A watch without any event for
        `timeout` seconds is opened again.
        """
        self._wake = wake
        self._ready = ready
        self._stop = threading.Event()
        self._registry = _registry(wake, wake_for_more, kubeconfig)
        self._settings = _settings(timeout)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Start in the background."""
        logging.getLogger("kopf").setLevel(logging.WARNING)
        # It warns that it is not on the main thread, where it would handle the signals.
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait for the end."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        """Restart kopf: it reads once which kinds exist, and ends when any watch is refused."""
        while not self._stop.is_set():
            try:
                if self._ready():
                    self._watch()
            except Exception as error:  # noqa: BLE001 - it is restarted after any error
                _log.warning("watch ended", reason=str(error) or type(error).__name__)
            self._stop.wait(_RETRY)

    def _watch(self) -> None:
        operator = kopf.operator(
            registry=self._registry,
            settings=self._settings,
            clusterwide=True,
            standalone=True,
            stop_flag=self._stop,
        )
        try:
            asyncio.run(operator)
        finally:
            # Events until the next start would be missed.
            self._wake()


class _NothingStored(kopf.DiffBaseStorage):
    """Keeps kopf from writing its last-seen state onto the objects."""

    def fetch(self, **_: Any) -> None:  # noqa: ANN401 - kopf's own signature
        return None

    def store(self, **_: Any) -> None:  # noqa: ANN401 - same
        return None


def _registry(
    wake: Callable[[], None], wake_for_more: Callable[[], None], kubeconfig: Path | None
) -> kopf.OperatorRegistry:
    registry, seen = kopf.OperatorRegistry(), NodeChangeFilter()

    # Coroutines, since a thread for each event would cost more than the handler.
    async def woken(**_: Any) -> None:  # noqa: ANN401 - kopf passes many arguments
        wake()

    async def woken_for_more(**_: Any) -> None:  # noqa: ANN401 - same
        wake_for_more()

    async def woken_by_node(event: Any, **_: Any) -> None:  # noqa: ANN401 - same
        if seen.is_relevant(event):
            wake()

    async def login(**arguments: Any) -> kopf.AiohttpSession | None:  # noqa: ANN401 - same
        if kubeconfig:
            return _session(kopf.login_with_kubeconfig(**arguments))
        return _session(kopf.login_with_service_account(**arguments))

    kopf.on.login(registry=registry)(login)
    kopf.on.event("v1", "nodes", registry=registry)(woken_by_node)
    for plural in _OWN_KINDS:
        handler = woken_for_more if plural in _APPLIED else woken
        kopf.on.event(names.GROUP, names.VERSION, plural, registry=registry)(handler)
    return registry


def _settings(timeout: float) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = _NothingStored()
    settings.watching.inactivity_timeout = timeout
    settings.watching.connect_timeout = 5
    settings.networking.connect_timeout = 5
    # Retry for hours: the reconciler itself handles an unavailable API server.
    settings.networking.error_backoffs = [1, 2, 5, *[10] * 2000]
    return settings


def _session(found: kopf.ConnectionInfo | None) -> kopf.AiohttpSession | None:
    if found is None:
        return None
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
        headers=found.as_http_headers(),
        proxy=found.proxy_url,
        trust_env=found.trust_env,
        middlewares=(_ask_for_metadata,),
    )
    return kopf.AiohttpSession(
        server=found.server, default_namespace=found.default_namespace, aiohttp_session=session
    )


async def _ask_for_metadata(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    if request.url.path.endswith(tuple(f"/{plural}" for plural in _OWN_KINDS)):
        # An event of a watch has one object, not a list.
        request.headers["Accept"] = _METADATA.format("" if "watch" in request.url.query else "List")
    return await handler(request)
