"""Remembers what was rendered, so that a pass renders only what has changed."""

from collections.abc import Sequence

from controller.api.machine_config import MachineConfig
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render

# The uid and resourceVersion of a source.
_Version = tuple[str | None, str | None]
_Result = Rendered | tuple[Refusal, ...]


class RenderCache:
    """The last result of each pool, with the versions of its sources."""

    def __init__(self) -> None:
        self._results: dict[str, tuple[tuple[_Version, ...], _Result]] = {}

    def __call__(self, pool: str, sources: Sequence[MachineConfig], boot_user: str) -> _Result:
        """Render the pool, unless no source has changed."""
        versions = tuple((each.metadata.uid, each.metadata.resource_version) for each in sources)
        before = self._results.get(pool)
        if before and before[0] == versions:
            return before[1]
        result = _render(pool, sources, boot_user)
        self._results[pool] = (versions, result)
        return result


def _render(pool: str, sources: Sequence[MachineConfig], boot_user: str) -> _Result:
    try:
        return render(pool, sources, boot_user)
    except Exception as error:  # noqa: BLE001 - a fault concerns this pool alone
        reason = f"cannot be rendered: {type(error).__name__}: {error}"
        remedy = "this is a fault of the controller: report it"
        return (Refusal(f"pool {pool}", "", reason, remedy),)
