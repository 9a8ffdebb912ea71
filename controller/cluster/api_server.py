"""Requests to the API server as plain JSON, each with a time limit."""

import json
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

import urllib3.exceptions
import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.api.names import API_VERSION
from controller.cluster.json_depth import limit_depth

API_PATH: Final = f"/apis/{API_VERSION}"
_DEFAULT_KUBECONFIG: Final = "~/.kube/config"
PAGE: Final = 500
_CONNECT_TIMEOUT: Final = 5  # seconds
_JSON: Final = "application/json"
_METADATA: Final = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_MERGE_PATCH: Final = "application/merge-patch+json"
_FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409


class UnreadableError(Exception):
    """A kubeconfig, or an answer of the server, is not what it must be."""


class UnknownContextError(UnreadableError):
    """The kubeconfig has no context of this name."""


class UnansweredError(urllib3.exceptions.HTTPError):
    """The API server could not be reached, or did not answer in time."""


# Everything that a request raises where it gets no usable answer.
RequestErrors = (ApiException, urllib3.exceptions.HTTPError, UnreadableError)


class ApiServer:
    """One API server, as one user."""

    def __init__(
        self, kubeconfig: Path | None, timeout: float = 30, context: str | None = None
    ) -> None:
        """Use `kubeconfig`, or the ServiceAccount of the pod if it is None.

        An answer may take `timeout` seconds. `context` defaults to the kubeconfig's current one.
        """
        self._timeout = (min(timeout, _CONNECT_TIMEOUT), timeout)
        configuration = client.Configuration()
        try:
            if kubeconfig:
                config.load_kube_config(
                    str(kubeconfig), context=context, client_configuration=configuration
                )
            else:
                config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException as error:
            where = kubeconfig or "this pod; outside a pod, set KUBECONFIG to a kubeconfig"
            raise UnreadableError(f"no cluster in {where}: {error}") from error
        # A pass is repeated as a whole; retries of the client would only hide how long they take.
        configuration.retries = False
        self._client = client.ApiClient(configuration)

    @classmethod
    def for_user(cls, kubeconfig: Path | None, context: str | None, timeout: float = 30) -> Self:
        """Find the server as kubectl does: by option, then KUBECONFIG, then ~/.kube/config.

        Raises:
            UnreadableError: none of them names a cluster.
        """
        named = str(kubeconfig or os.environ.get("KUBECONFIG") or _DEFAULT_KUBECONFIG)
        files = [Path(each).expanduser() for each in named.split(os.pathsep) if each]
        with _reading(named):
            there = [file for file in files if file.exists()]
            if not there and not kubeconfig and _in_a_pod():
                return cls(None, timeout)
            if not there:
                raise UnreadableError(f"there is no kubeconfig {named}")
            joined = Path(os.pathsep.join(map(str, there)))
            return cls(joined, timeout, _context(there, context))

    @classmethod
    def for_controller(cls, kubeconfig: Path | None, timeout: float) -> Self:
        """Find the server by the controller's setting, or by the pod if it is unset.

        Raises:
            UnreadableError: neither names a cluster.
        """
        with _reading(str(kubeconfig)):
            return cls(kubeconfig, timeout)

    def get(self, path: str, **query: str) -> Json:
        """Return the object at `path`."""
        return self._request("GET", path, query=query)

    def text(self, path: str, **query: str) -> str:
        """Return the text at `path`, also that of a health check that fails."""
        answer, text = self._answer(self._serialized("GET", path, query=query, accept="text/plain"))
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise _refused(answer, text)
        return str(text.decode(errors="replace"))

    def items(self, path: str, page: int = PAGE, **selection: str) -> Iterator[Json]:
        """Return the objects of the collection at `path`, read in pages of `page`.

        `selection` may hold a `labelSelector` or a `fieldSelector`.
        """
        return self._pages(path, {"limit": str(page), **selection}, _JSON)

    def metadata(self, path: str) -> Iterator[Json]:
        """Return only the metadata of each object of the collection at `path`."""
        for each in self._pages(path, {"limit": str(PAGE)}, _METADATA):
            yield {"metadata": each["metadata"]}

    def _pages(self, path: str, selection: dict[str, str], accept: str) -> Iterator[Json]:
        following: str | None = ""
        while following is not None:
            query = selection | ({"continue": following} if following else {})
            answer = self._request("GET", path, query=query, accept=accept)
            items, metadata = answer.get("items"), answer.get("metadata")
            if not isinstance(items, list) or not isinstance(metadata, dict):
                raise self._unexpected("with a list")
            yield from items
            following = metadata.get("continue") or None

    def create(self, path: str, body: Json, **query: str) -> Json:
        """Create an object in the collection at `path`."""
        return self._request("POST", path, body=body, query=query)

    def replace(self, path: str, body: Json) -> Json:
        """Replace the object at `path` with `body`."""
        return self._request("PUT", path, body=body)

    def patch(self, path: str, body: Json) -> Json:
        """Merge `body` into the object at `path`; a None in it removes the field."""
        return self._request("PATCH", path, body=body, content_type=_MERGE_PATCH)

    def delete(self, path: str, uid: str | None) -> None:
        """Delete the object at `path`, unless it was replaced by one with another uid."""
        body = {"preconditions": {"uid": uid}} if uid else {}
        self._request("DELETE", path, body=body)

    def _request(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: dict[str, str] | None = None,
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> Json:
        """Return the answer as JSON.

        Raises:
            kubernetes.client.ApiException: the server refused the request.
            UnansweredError: the server did not answer.
            UnreadableError: the answer is not a JSON object.
        """
        request = self._serialized(
            method, path, body=body, query=query, content_type=content_type, accept=accept
        )
        answer, text = self._answer(request)
        if not answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise _refused(answer, text)
        try:
            read = _read(text)
        except ValueError:
            raise self._unexpected("in JSON") from None
        if not isinstance(read, dict):
            raise self._unexpected("with an object")
        return read

    def _serialized(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: dict[str, str] | None = None,
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> tuple[Any, ...]:
        request: tuple[Any, ...] = self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Content-Type": content_type, "Accept": accept},
            body=body,
            auth_settings=["BearerToken"],
        )
        return request

    def _answer(self, request: tuple[Any, ...]) -> tuple[Any, bytes]:
        """Return the answer's head and its whole body."""
        try:
            answer = self._client.call_api(*request, _request_timeout=self._timeout)
            return answer, answer.read()
        except urllib3.exceptions.HTTPError as error:
            raise self._unanswered(error) from error
        except ApiException as error:
            # The client raises this for TLS errors alone, with urllib3's error as the context.
            if error.status or not error.__context__:
                raise
            raise self._unanswered(error.__context__) from error

    def _unanswered(self, error: BaseException) -> UnansweredError:
        why = _root_cause(error)
        return UnansweredError(f"the API server at {self._host} did not answer: {why}")

    def _unexpected(self, expected: str) -> UnreadableError:
        return UnreadableError(
            f"the server at {self._host} did not answer {expected}; is it an API server?"
        )

    @property
    def _host(self) -> str:
        return str(self._client.configuration.host)


def _refused(answer: Any, text: bytes) -> ApiException:  # noqa: ANN401 - of the client
    body = text.decode(errors="replace")
    return ApiException.from_response(http_resp=answer, body=body, data=None)


@contextmanager
def _reading(kubeconfig: str) -> Iterator[None]:
    """Raise an UnreadableError for whatever is wrong with a kubeconfig."""
    try:
        yield
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UnreadableError(f"{kubeconfig} cannot be read: {_root_cause(error)}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError(f"{kubeconfig} is not a kubeconfig") from error


def _read(text: bytes) -> Any:  # noqa: ANN401 - plain data
    try:
        return json.loads(text)
    except RecursionError:
        return json.loads(limit_depth(text))


def _context(kubeconfigs: Sequence[Path], requested: str | None) -> str | None:
    """Return the requested context, or else the current one.

    kubectl takes the current context of the first file that sets one; the client takes the last.
    """
    read = [yaml.safe_load(file.read_text()) or {} for file in kubeconfigs]
    current = filter(None, (each.get("current-context") for each in read))
    chosen = requested or next(current, None)
    there = [str(context["name"]) for each in read for context in each.get("contexts") or ()]
    if chosen and chosen not in there:
        files = os.pathsep.join(map(str, kubeconfigs))
        known = ", ".join(there) or "none"
        raise UnknownContextError(f"no context {chosen} in {files}; available: {known}")
    return chosen


def _in_a_pod() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ


def _root_cause(error: BaseException) -> str:
    """Return the innermost message, without those of the layers around it."""
    around = (each for each in (error.__cause__, *error.args) if isinstance(each, Exception))
    if below := next(around, None):
        return _root_cause(below)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    message = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join((message[:1].lower() + message[1:]).split())


def is_forbidden(error: Exception) -> bool:
    """Whether the caller lacks the permission for the request."""
    return getattr(error, "status", None) == _FORBIDDEN


def reason(error: Exception) -> str:
    """Return why a request failed, in one line: the server's own message if there is one."""
    if isinstance(error, ApiException):
        return str(_details(error).get("message") or error.reason)
    return str(error)


def _details(error: ApiException) -> Json:
    """Return the Status object of a refusal; empty if it has none."""
    try:
        status = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
