"""What the drains of nodes would evict and wait for, read with the caller's permissions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.cli.kubectl_mc.cluster.api_errors import explain_read_errors
from controller.cluster.api_server import (
    NOT_FOUND,
    ApiServer,
    RequestErrors,
    is_forbidden,
    reason,
)
from controller.drain.observation import Get, forecast
from controller.kubectl_proxy import ApiError
from controller.planning.drain.forecast import DrainForecast


def forecast_drains(
    drains: Mapping[str, DrainSettings], kubeconfig: Path | None, context: str | None
) -> tuple[Mapping[str, DrainForecast], str]:
    """Return the forecast by node, or the reason why there is none.

    Raises:
        UnavailableError: no cluster is configured, or it is not reached.
    """
    with explain_read_errors(nodes=True):
        get, now = _get(ApiServer.for_user(kubeconfig, context)), datetime.now(UTC)
        try:
            forecasts = {node: forecast(get, node, drain, now) for node, drain in drains.items()}
        except RequestErrors as error:
            if is_forbidden(error):
                return {}, reason(error)
            raise
        except ApiError as error:
            return {}, str(error)
        return forecasts, ""


def _get(server: ApiServer) -> Get:
    def get(path: str, query: Mapping[str, str]) -> Json | None:
        try:
            return server.get(path, **query)
        except RequestErrors as error:
            if getattr(error, "status", None) == NOT_FOUND:
                return None
            raise

    return get
