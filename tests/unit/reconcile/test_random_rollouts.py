"""Random stories: the invariants hold, whatever happens in whatever order.

There is always a way forward: once a good config is applied, machines answer, and what
administrators have stopped goes on, every node comes to its target. Drift is answered as it says.
"""

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.api.machine_config_node import Phase
from tests.unit.reconcile.simulated_cluster import events as e
from tests.unit.reconcile.simulated_cluster.configs import rendered_name
from tests.unit.reconcile.simulated_cluster.machine import DRIFT
from tests.unit.reconcile.simulated_cluster.story import Story

_WORKERS, _GPUS, _MASTERS = ("w-1", "w-2", "w-3"), ("g-1", "g-2"), ("c-1", "c-2", "c-3")
_NODES = (*_WORKERS, *_GPUS, *_MASTERS)
_POOLS = ("worker", "gpu", "master")
_VERSIONS = ("1.0", "1.1", "2.0", "2.1", "3.0")
_HOUR = 3600

_node = st.sampled_from(_NODES)
_custom = st.sampled_from((*_WORKERS, *_GPUS))
_pool = st.sampled_from(_POOLS)
_version = st.sampled_from(_VERSIONS)
_failing = st.sampled_from([Phase.PREFLIGHT, Phase.APPLY, Phase.VERIFY])

# An event that is listed twice happens twice as often.
_EVENTS = st.one_of(
    st.builds(e.configure, _pool, _version),
    st.builds(e.configure, _pool, _version),
    st.builds(e.configure, _pool, st.just("broken")),
    st.builds(e.delete_config, st.just("gpu")),
    st.builds(e.pause, _pool),
    st.builds(e.resume, _pool),
    st.builds(e.max_unavailable, _pool, st.sampled_from([1, 2, 3, "50%"])),
    st.builds(e.delete_pool, _pool),
    st.builds(e.create_pool, _pool),
    st.builds(e.breaks, _version, _failing),
    st.builds(e.breaks, _version, _failing, _node),
    st.builds(e.works, _version),
    st.builds(e.kill),
    st.builds(e.kill),
    st.builds(e.lose_lease),
    st.builds(e.go_away),
    st.builds(e.come_back),
    st.builds(e.lose_power, st.sampled_from([60, 1000])),
    st.builds(e.locks_out, st.sampled_from(["2.0", "2.1", "3.0"])),
    st.builds(e.lose_lease_at_write, _node),
    st.builds(e.api_server_fails),
    st.builds(e.api_server_returns),
    st.builds(e.refuse_writes, st.one_of(_node, _pool)),
    st.builds(e.recover, _node),
    st.builds(e.cordon, _node),
    st.builds(e.uncordon, _node),
    st.builds(e.hold, _node),
    st.builds(e.release, _node),
    st.builds(e.delete, _node),
    st.builds(e.register_again, _node),
    st.builds(e.add, _custom),
    st.builds(e.add, _custom, needs_config=st.just(True)),  # noqa: FBT003
    st.builds(e.label, _custom, st.sampled_from(["gpu", "infra"])),
    st.builds(e.unlabel, _custom, st.sampled_from(["gpu", "infra"])),
    st.builds(e.create_pool, st.just("infra")),
    st.builds(e.drift, _node),
    st.builds(e.fix, _node),
    st.builds(e.block, _node, st.just("shop/cart-0"), st.just("cart")),
    st.builds(e.unblock, _node),
    st.builds(e.set_drain, _pool, onBlocked=st.sampled_from(["Wait", "GiveBack"])),
    st.builds(e.set_drain, _pool, timeout=st.sampled_from(["1m", "10m"])),
    st.builds(e.stops_kubelet, _version, st.one_of(_custom, st.just("c-1"))),
    st.builds(e.stops_kubelet, _version, *map(st.just, (*_WORKERS, *_GPUS))),
    st.builds(e.stops_kubelet, st.just(DRIFT), _custom),
    st.builds(e.bring_by_hand, _custom, st.sampled_from(["", rendered_name("worker", "1.0")])),
    st.builds(e.unready, _node),
    st.builds(e.ready, _node),
    st.builds(e.unreachable, _node),
    st.builds(e.reachable, _node),
    st.builds(e.slow, _node, st.integers(1, 5)),
    st.builds(e.fail_pods, st.sampled_from(_MASTERS), st.just("etcd")),
    st.builds(e.hide_etcd, st.sampled_from(_MASTERS)),
    st.builds(e.keep_old_pods, st.sampled_from(_MASTERS)),
    st.builds(e.take_risk, st.sampled_from(_MASTERS)),
)
_GAPS = st.one_of(st.integers(0, 10), st.integers(0, 60), st.integers(0, 300))


def _everything_is_fixed() -> list[e.Event]:
    of_nodes = (
        *(e.release, e.uncordon, e.ready, e.reachable, e.unblock),
        *(e.fail_pods, e.show_new_pods),
    )
    return [
        e.api_server_returns(),
        e.come_back(),
        e.lets_in(),
        *map(e.accept_writes, (*_NODES, *_POOLS)),
        *map(e.create_pool, _POOLS),
        *map(e.resume, _POOLS),
        e.describe_control_plane(nodes=1, etcd="External"),
        *(e.configure(pool, "4.0") for pool in _POOLS),
        *(e.unlabel(node, "infra") for node in _NODES),
        *(event(node) for node in _NODES for event in of_nodes),
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(
    events=st.lists(st.tuples(_GAPS, _EVENTS), min_size=1, max_size=12),
    first=st.sampled_from(_POOLS),
    most=st.sampled_from([1, 2, "50%"]),
    runs=st.sampled_from([1, 2, 1000]),
    controllers=st.lists(_node, max_size=2, unique=True),
    seed=st.integers(0, 9),
)
def test_the_invariants_hold_and_all_nodes_reach_their_target(  # noqa: PLR0913 - parts of a story
    events: list[tuple[int, e.Event]],
    first: str,
    most: int | str,
    runs: int,
    controllers: list[str],
    seed: int,
) -> None:
    it = Story(Random(seed))  # noqa: S311 - to be repeated
    it.controllers(*controllers, parallel_runs=runs)
    it.pool("worker", *_WORKERS, most=most)
    it.pool("gpu", *_GPUS, most=most)
    it.pool("master", *_MASTERS)
    it.at(0, e.configure(first, "2.0"))
    second = 0
    for gap, event in events:
        second += gap
        it.at(second, event)
    it.at(second + 600, *_everything_is_fixed())
    # As its reason says.
    it.at(second + 2000, e.recover_drifted())

    it.play(until=second + 4 * _HOUR)

    it.invariants.ended()
