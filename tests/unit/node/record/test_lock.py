"""One writer a node."""

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.record import lock


def test_who_comes_second_waits_and_is_told_why(folder: str) -> None:
    with (
        lock.locked(folder),
        pytest.raises(NodeError, match="another run holds the node's lock; wait"),
        lock.locked(folder, seconds=0),
    ):
        pass


@pytest.mark.parametrize("error", [None, OSError("disk full"), KeyboardInterrupt()])
def test_the_lock_is_free_again_however_its_holder_ended(
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
