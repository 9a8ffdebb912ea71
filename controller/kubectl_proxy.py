"""The API server through `kubectl proxy`, on a socket that only this user can open."""

import http.client
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlencode

from controller.api.json_object import Json

_START: Final = 20  # seconds that kubectl may take to listen
_PAUSE: Final = 0.02
# The proxy ends when the pipe is closed: at the end, and also if this process is killed.
_SCRIPT: Final = 'exec 3<&0; (read -r _ <&3; kill $$) >&- 2>&- & exec kubectl proxy "$@" 3<&-'
# Behind a socket of our own, a filter could only be wrong.
_OPTIONS: Final = ("--reject-paths=^$", "--accept-hosts=^localhost$")


class ApiError(Exception):
    """The API server, or kubectl on the way to it, refused a request or did not answer."""

    def __init__(self, message: str, code: int = 0, reason: str = "") -> None:
        """`code` is the HTTP status, 0 without an answer; `reason` is that of the Status object."""
        super().__init__(message)
        self.code = code
        self.reason = reason

    @property
    def is_not_found(self) -> bool:
        """Whether the API server itself has answered that there is no such object."""
        return self.code == http.client.NOT_FOUND and self.reason == "NotFound"


class KubectlProxy:
    """Requests to the API server as JSON, each with a connection and a timeout of its own."""

    def __init__(self, path: Path, timeout: float) -> None:
        """Use the socket at `path`; an answer may take `timeout` seconds."""
        self._path = path
        self._timeout = timeout

    def get(self, path: str, query: Mapping[str, str]) -> Json | None:
        """Return the object at `path`; None if the API server has answered that there is none.

        Raises:
            ApiError: the request failed in any other way.
        """
        try:
            return self._request("GET", f"{path}?{urlencode(query)}")
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    def create(self, path: str, body: Json) -> Json:
        """Create an object in the collection at `path`.

        Raises:
            ApiError: it was refused, or there was no answer.
        """
        return self._request("POST", path, json.dumps(body))

    def _request(self, method: str, path: str, body: str | None = None) -> Json:
        connection = _Connection(self._path, self._timeout)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except TimeoutError:
            raise ApiError(f"no answer within {self._timeout:.0f} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"kubectl proxy did not answer: {error}") from error
        finally:
            connection.close()
        if answer.status >= http.client.MULTIPLE_CHOICES:
            raise _refusal(text, answer.status)
        try:
            return _object(text)
        except ValueError:
            raise ApiError(f"the answer is not an API object: {_beginning(text)}") from None


@contextmanager
def kubectl_proxy(timeout: float) -> Iterator[KubectlProxy]:
    """Reach the API server as kubectl does; an answer may take `timeout` seconds.

    Raises:
        ApiError: kubectl is missing, or cannot start.
    """
    with tempfile.TemporaryDirectory(prefix="drain-") as folder, tempfile.TemporaryFile() as errors:
        path = Path(folder) / "s"
        command = ["sh", "-c", _SCRIPT, "sh", f"--unix-socket={path}", *_OPTIONS]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
        ) as process:
            _await(path, process, errors)
            yield KubectlProxy(path, timeout)


def _await(path: Path, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
    end = time.monotonic() + _START
    while not _listens(path):
        if process.poll() is not None or time.monotonic() > end:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").split("\n")
            raise ApiError(f"kubectl proxy did not start: {' '.join(filter(None, lines))}")
        time.sleep(_PAUSE)


def _listens(path: Path) -> bool:
    """Whether connections are accepted, which begins a moment after the socket exists."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def _refusal(text: bytes, code: int) -> ApiError:
    """Return the error for a refusal; an answer that is no Status object is its own message."""
    try:
        status = _object(text)
    except ValueError:
        return ApiError(_beginning(text) or "no reason given", code)
    message = str(status.get("message") or "no reason given")
    return ApiError(message, code, str(status.get("reason", "")))


def _object(text: bytes) -> Json:
    """Read a JSON object.

    Raises:
        ValueError: the text is none.
    """
    read = json.loads(text)
    if not isinstance(read, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - as for invalid JSON
    return read


def _beginning(text: bytes) -> str:
    return text.decode(errors="replace").strip()[:1024]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
