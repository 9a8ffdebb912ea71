"""A node has one writer at a time."""

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.record import lock


def test_a_second_writer_waits_and_fails_with_a_remedy(folder: str) -> None:
    with (
        lock.locked(folder),
        pytest.raises(NodeError, match="another run holds the node's lock; wait"),
        lock.locked(folder, seconds=0),
    ):
        pass


@pytest.mark.parametrize("error", [None, OSError("disk full"), KeyboardInterrupt()])
def test_the_lock_is_released_however_its_holder_ends(
    folder: str, error: BaseException | None
) -> None:
    try:
        with lock.locked(folder):
            if error:
                raise error
    except (OSError, KeyboardInterrupt):
        pass

    with lock.locked(folder, seconds=0):
        pass
