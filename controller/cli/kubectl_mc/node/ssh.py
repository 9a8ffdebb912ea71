"""Reading a node with the caller's own SSH.

No path or name passes a shell: the command on the node is always the same, and the request is sent
to its standard input, as JSON.
"""

import json
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import ValidationError

from controller.api.addresses import is_host_name, is_ip_address
from controller.api.names import ADDRESS
from controller.cli.kubectl_mc.node import remote_probe
from controller.cli.kubectl_mc.node.node_contents import NodeContents
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnavailableError
from controller.execution.untrusted_text import sanitize_line
from controller.planning.node import Node
from controller.rendering.contents import LARGEST

# The user may have to type a passphrase.
_TIMEOUT: Final = 300.0  # seconds
_NODE_COMMAND: Final = ("sudo", "-n", "--", "python3", "-I", "-S", "-")
_SSH_FAILED: Final = 255
_MAX_MESSAGE: Final = 300  # characters of an error message from a node


@dataclass(frozen=True)
class Ssh:
    """The command that reaches a node, without the command that is run there."""

    node: str
    command: tuple[str, ...]

    @classmethod
    def to(cls, node: Node, command: str, config: Path | None, user: str | None) -> Self:
        """Return the command for this node, at the address that the controller uses.

        The host key is looked up under the node's name, as the controller does it, so that no
        address in an annotation leads to another machine.

        Raises:
            CommandError: the node has no valid address, or an option is invalid.
        """
        name, address = node.name, node.address
        if not is_ip_address(address) and not is_host_name(address):
            reason = f"{address!r} is not a valid address" if address else "it has no InternalIP"
            remedy = f"kubectl annotate node {name} {ADDRESS}=ADDRESS"
            raise CommandError(f"node {name}: {reason}", remedy)
        if user is not None and (not user or user.startswith("-") or "@" in user):
            raise CommandError(
                f"--ssh-user {user!r} is not a valid user name", "write the name alone"
            )
        arguments = [*_split(command), *(("-F", str(config)) if config else ())]
        arguments += ["-o", f"HostKeyAlias={name}", "-o", "ConnectTimeout=10"]
        return cls(name, (*arguments, "--", f"{user}@{address}" if user else address))

    def read(self, files: Iterable[str], units: Iterable[str], *, public: bool) -> NodeContents:
        """Read these paths and units; with `public`, contents of world-readable files alone.

        Raises:
            UnavailableError: the node could not be read.
        """
        request = {"files": [*files], "units": [*units], "public": public, "max_bytes": LARGEST}
        program = f"{Path(remote_probe.__file__).read_text()}\nmain({json.dumps(request)!r})\n"
        output = self._run(program)
        try:
            contents = NodeContents.model_validate_json(output)
        except ValidationError:
            # pydantic's message would quote what was read.
            reason, remedy = "the output is not the expected JSON", "does the login print text?"
            raise self._unreadable(reason, remedy) from None
        returned = [file.path for file in contents.files], [unit.name for unit in contents.units]
        if returned != (request["files"], request["units"]):
            raise self._unreadable("the output has other files or units", "try again")
        return contents

    def _run(self, program: str) -> bytes:
        try:
            done = subprocess.run(
                [*self.command, shlex.join(_NODE_COMMAND)],
                input=program.encode(),
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except OSError as error:
            reason = f"{self.command[0]} cannot be run: {(error.strerror or str(error)).lower()}"
            raise UnavailableError(reason, "choose another command: --ssh-command") from error
        except subprocess.TimeoutExpired:
            reason = f"the command has not ended after {_TIMEOUT:.0f} s"
            raise self._unreadable(reason, f"try it yourself: {shlex.join(self.command)}") from None
        if done.returncode != 0:
            raise self._failure(done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def _failure(self, code: int, stderr: str) -> UnavailableError:
        lines = [line.strip() for line in stderr.splitlines() if line.strip()]
        message = sanitize_line(lines[-1], _MAX_MESSAGE) if lines else f"exit status {code}"
        if code == _SSH_FAILED:
            remedy = f"try it yourself: {shlex.join(self.command)}; see --ssh-user and --ssh-config"
            return self._unreadable(message, remedy)
        if message.startswith("sudo:"):
            remedy = "choose a user who may sudo there without a password: --ssh-user"
            return self._unreadable(message, remedy)
        remedy = f"sudo and Python are needed there: {shlex.join(self.command)}"
        return self._unreadable(message, remedy)

    def _unreadable(self, reason: str, remedy: str) -> UnavailableError:
        return UnavailableError(f"{self.node} could not be read over SSH: {reason}", remedy)


def _split(command: str) -> list[str]:
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        arguments, reason = [], str(error).lower()
    else:
        reason = "it is empty"
    if not arguments:
        raise CommandError(f"--ssh-command {command!r}: {reason}", "write ssh, and its options")
    return arguments
