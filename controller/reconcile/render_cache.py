"""What was rendered before, so that a pass renders only what has changed."""

from collections.abc import Sequence

from controller.api.machine_config import MachineConfig
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render

# The object, as it stood.
_Version = tuple[str | None, str | None]
_Made = Rendered | tuple[Refusal, ...]


class RenderCache:
    """The newest render of each pool, by the versions of what it was made of."""

    def __init__(self) -> None:
        """Nothing was rendered yet."""
        self._made: dict[str, tuple[tuple[_Version, ...], _Made]] = {}

    def __call__(self, pool: str, sources: Sequence[MachineConfig], boot_user: str) -> _Made:
        """Render the pool, unless nothing has changed."""
        versions = tuple((each.metadata.uid, each.metadata.resource_version) for each in sources)
        before = self._made.get(pool)
        if before and before[0] == versions:
            return before[1]
        made = _rendered(pool, sources, boot_user)
        self._made[pool] = (versions, made)
        return made


def _rendered(pool: str, sources: Sequence[MachineConfig], boot_user: str) -> _Made:
    try:
        return render(pool, sources, boot_user)
    except Exception as error:  # noqa: BLE001 - whatever it is, the pool's alone
        reason = f"cannot be rendered: {type(error).__name__}: {error}"
        remedy = "this is a fault of the controller: report it"
        return (Refusal(f"pool {pool}", "", reason, remedy),)
