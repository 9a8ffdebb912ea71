"""Events are posted in the background, and a pass does not wait for them."""

from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer
from controller.cluster.events import Events, node


class Hanging(ApiServer):
    """An API server that answers on command."""

    def __init__(self) -> None:
        self.let = Event()
        self.posted: list[str] = []

    def create(self, path: str, body: Json, **query: str) -> Json:
        del path, query
        self.let.wait()
        self.posted.append(body["reason"])
        return body


def test_a_slow_post_of_an_event_delays_nothing_and_succeeds_in_the_end() -> None:
    server = Hanging()
    events = Events(server)

    for reason in ("Drain", "Reboot"):
        events.emit(node("w-1"), "Normal", reason, "in a phase")
    events.wait(0)
    assert server.posted == []

    server.let.set()
    events.wait(30)
    events.close()
    assert server.posted == ["Drain", "Reboot"]


def test_events_beyond_the_limit_are_dropped() -> None:
    server = Hanging()
    events = Events(server)

    for _ in range(2000):
        events.emit(node("w-1"), "Normal", "Drain", "in a phase")
    server.let.set()
    events.wait(30)
    events.close()

    assert len(server.posted) == 1000


def test_an_event_is_only_logged_if_no_thread_can_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Hanging()
    server.let.set()
    events = Events(server)

    def start(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(Thread, "start", start)
        events.emit(node("w-1"), "Normal", "Drain", "in a phase")
    events.emit(node("w-1"), "Normal", "Reboot", "in a phase")
    events.wait(30)
    events.close()

    assert [(each["reason"], each["error"]) for each in logs] == [
        ("Drain", "can't start new thread")
    ]
    assert server.posted == ["Reboot"]
