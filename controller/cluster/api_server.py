"""Requests to the API server as plain JSON, each with a time limit."""

import json
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import urllib3.exceptions
import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from controller.api.names import API_VERSION
from controller.cluster.json_depth import shortened

Json = dict[str, Any]

OURS: Final = f"/apis/{API_VERSION}"
_DEFAULT_KUBECONFIG: Final = "~/.kube/config"
PAGE: Final = 500
_CONNECT_TIMEOUT: Final = 5  # seconds
_JSON: Final = "application/json"
_METADATA: Final = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_MERGE_PATCH: Final = "application/merge-patch+json"
NOT_FOUND: Final = 404
CONFLICT: Final = 409


class UnreadableError(Exception):
    """An object is not what its kind says it is; nothing may be decided without it."""


class UnknownContextError(UnreadableError):
    """A kubeconfig has no context of this name."""


class UnansweredError(urllib3.exceptions.HTTPError):
    """The API server was not reached, or said nothing."""


# All that a look at the cluster can end with, but for an answer.
RequestErrors = (ApiException, urllib3.exceptions.HTTPError, UnreadableError)


class ApiServer:
    """One API server, as one user."""

    def __init__(
        self, kubeconfig: Path | None, timeout: float = 30, context: str | None = None
    ) -> None:
        """Reach it as `kubeconfig` says, or from inside a pod where there is none.

        `timeout` is how many seconds an answer may take; `context` is one of the kubeconfig's, if
        not its current one.
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
            where = kubeconfig or "this pod; outside of one, name a kubeconfig in KUBECONFIG"
            raise UnreadableError(f"no cluster in {where}: {error}") from error
        # A pass is made again as a whole; what is tried again in here only hides the time it takes.
        configuration.retries = False
        self._client = client.ApiClient(configuration)

    @classmethod
    def for_user(cls, kubeconfig: Path | None, context: str | None, timeout: float = 30) -> Self:
        """Reach it as kubectl does: as its options say, else KUBECONFIG, else ~/.kube/config.

        Raises:
            UnreadableError: these name no cluster.
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
        """Reach it as a setting says, or from inside a pod where it says nothing.

        Raises:
            UnreadableError: that names no cluster.
        """
        with _reading(str(kubeconfig)):
            return cls(kubeconfig, timeout)

    def get(self, path: str, **query: str) -> Json:
        """The object at `path`."""
        return self._request("GET", path, query=query)

    def items(self, path: str, page: int = PAGE, **selection: str) -> Iterator[Json]:
        """Every object of the collection at `path`, read `page` at a time.

        `selection` may hold a `labelSelector` or a `fieldSelector`.
        """
        return self._pages(path, {"limit": str(page), **selection}, _JSON)

    def metadata(self, path: str) -> Iterator[Json]:
        """The same, and of each object nothing but its metadata."""
        for each in self._pages(path, {"limit": str(PAGE)}, _METADATA):
            yield {"metadata": each["metadata"]}

    def _pages(self, path: str, selection: dict[str, str], accept: str) -> Iterator[Json]:
        following: str | None = ""
        while following is not None:
            query = selection | ({"continue": following} if following else {})
            answer = self._request("GET", path, query=query, accept=accept)
            items, metadata = answer.get("items"), answer.get("metadata")
            if not isinstance(items, list) or not isinstance(metadata, dict):
                raise self._strange("with a list")
            yield from items
            following = metadata.get("continue") or None

    def create(self, path: str, body: Json, **query: str) -> Json:
        """Make an object in the collection at `path`."""
        return self._request("POST", path, body=body, query=query)

    def replace(self, path: str, body: Json) -> Json:
        """Put `body` in the place of the object at `path`."""
        return self._request("PUT", path, body=body)

    def patch(self, path: str, body: Json) -> Json:
        """Merge `body` into the object at `path`; a None in it removes."""
        return self._request("PATCH", path, body=body, content_type=_MERGE_PATCH)

    def delete(self, path: str, uid: str | None) -> None:
        """Delete the object at `path`, unless another has come in its place since."""
        body = {"preconditions": {"uid": uid}} if uid else {}
        self._request("DELETE", path, body=body)

    def _request(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: dict[str, str] | None = None,
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> Json:
        """The answer as JSON.

        Raises:
            kubernetes.client.ApiException: the server refused.
            UnansweredError: there was no answer.
            UnreadableError: the answer is no JSON object.
        """
        request = self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Content-Type": content_type, "Accept": accept},
            body=body,
            auth_settings=["BearerToken"],
        )
        answer, text = self._answer(request)
        if not answer.status < 300:  # noqa: PLR2004 - HTTP's own border
            said = text.decode(errors="replace")
            raise ApiException.from_response(http_resp=answer, body=said, data=None)
        try:
            read = _read(text)
        except ValueError:
            raise self._strange("in JSON") from None
        if not isinstance(read, dict):
            raise self._strange("with an object")
        return read

    def _answer(self, request: tuple[Any, ...]) -> tuple[Any, bytes]:
        """The answer's head, and all of its body."""
        try:
            answer = self._client.call_api(*request, _request_timeout=self._timeout)
            return answer, answer.read()
        except urllib3.exceptions.HTTPError as error:
            raise self._silent(error) from error
        except ApiException as error:
            # The client says so of TLS alone, and keeps urllib3's error as the context.
            if error.status or not error.__context__:
                raise
            raise self._silent(error.__context__) from error

    def _silent(self, error: BaseException) -> UnansweredError:
        why = _plainly(error)
        return UnansweredError(f"the API server at {self._host} did not answer: {why}")

    def _strange(self, how: str) -> UnreadableError:
        return UnreadableError(
            f"the server at {self._host} did not answer {how}; is it an API server?"
        )

    @property
    def _host(self) -> str:
        return str(self._client.configuration.host)


@contextmanager
def _reading(kubeconfig: str) -> Iterator[None]:
    """Tell in words what is wrong with a kubeconfig."""
    try:
        yield
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UnreadableError(f"{kubeconfig} cannot be read: {_plainly(error)}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError(f"{kubeconfig} is no kubeconfig") from error


def _read(text: bytes) -> Any:  # noqa: ANN401 - plain data
    try:
        return json.loads(text)
    except RecursionError:
        return json.loads(shortened(text))


def _context(kubeconfigs: Sequence[Path], asked: str | None) -> str | None:
    """The context asked for, or else the current one.

    That is what the first file says that says anything, as kubectl has it; the client takes the
    last.
    """
    read = [yaml.safe_load(file.read_text()) or {} for file in kubeconfigs]
    current = filter(None, (each.get("current-context") for each in read))
    chosen = asked or next(current, None)
    there = [str(context["name"]) for each in read for context in each.get("contexts") or ()]
    if chosen and chosen not in there:
        files = os.pathsep.join(map(str, kubeconfigs))
        known = ", ".join(there) or "none"
        raise UnknownContextError(f"no context {chosen} in {files}; there are {known}")
    return chosen


def _in_a_pod() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ


def _plainly(error: BaseException) -> str:
    """What went wrong at the bottom, without what each layer above says around it."""
    around = (each for each in (error.__cause__, *error.args) if isinstance(each, Exception))
    if below := next(around, None):
        return _plainly(below)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join((said[:1].lower() + said[1:]).split())


def reason(error: Exception) -> str:
    """Why a request failed, in one line: the server's own message where it gave one."""
    if isinstance(error, ApiException):
        return str(_details(error).get("message") or error.reason)
    return str(error)


def _details(error: ApiException) -> Json:
    """The Status object that came with a refusal; empty where it was none."""
    try:
        status = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
