"""Whatever a node answers, nothing that the controller writes about it can do harm."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.api.machine_config_node import (
    MachineConfigNodeStatus,
    NodeState,
)
from controller.execution.ansible_events import message_of
from controller.execution.messages import PlaybookEnded, decode
from controller.execution.runner_process import line_of
from controller.execution.transcript import Transcript
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.unit.execution.test_untrusted_text import texts
from tests.unit.runs.trackers import (
    INTERVAL,
    NOW,
    TARGETS,
    SimulatedExecutor,
    config,
    node,
    snapshot,
)

ANSWERS = st.dictionaries(
    st.sampled_from(["cause", "remedy", "msg", "stderr", "fence", "config", "differences", "left"])
    | st.sampled_from(["unreturned", "settled", "changed", "boot_id", "machine_id", "moved"])
    | st.text(),
    st.recursive(
        st.none() | st.integers() | st.text() | st.sampled_from(["\x1b[2J", "\u202e", "a\nb"]),
        lambda values: (
            st.lists(values)
            | st.dictionaries(st.sampled_from(["path", "what", "name", "cause"]), values)
        ),
        max_leaves=8,
    ),
)


ROLES = st.sampled_from(["preflight", "apply", "rollback", "verify", "check"])


EVENTS = st.sampled_from(["runner_on_ok", "runner_on_failed", "runner_on_unreachable"])


@given(answers=st.lists(st.tuples(EVENTS, ROLES, ANSWERS), max_size=4), well=st.booleans())
def test_whatever_a_node_answers_its_status_is_harmless_and_valid(
    answers: list[tuple[str, str, Any]], *, well: bool
) -> None:
    transcript = Transcript()
    for event, role, res in answers:
        data = {"host": "w-1", "role": role, "task_action": "machineconfig", "res": res}
        message = message_of(event, data)
        if message:
            transcript.add(decode(line_of(message)))
    transcript.add(PlaybookEnded(["w-1"], [] if well else ["w-1"], []))
    executor = SimulatedExecutor()
    updates, checks = Updates(executor, Settings()), Checks(executor, Settings())
    updates.start(node(), config(), snapshot(), 1, NOW)
    for moment in (NOW, NOW + INTERVAL):
        checks.start([node(NodeState.DONE)], snapshot(), TARGETS, 1, moment)
    executor.run.results = transcript.results(["w-1"])

    changes = [change for _, change in updates.poll({"w-1": node()}, NOW).transitions]
    changes += [change for _, change in checks.poll({"w-1": node(NodeState.DONE)}, NOW).transitions]

    for change in changes:
        written = change.status.to_api()
        MachineConfigNodeStatus.model_validate(written)
        assert all(each.isprintable() for each in texts([written, change.message]))
