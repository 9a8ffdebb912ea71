"""Reading a node by the SSH of the person who calls the command.

No path, name or contents ever pass a shell: the command on the node is always the same, and what is
asked for goes to its standard input, as JSON.
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
from controller.cli.kubectl_mc.node.node_contents import SeenOnNode
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnseenError
from controller.planning.node import Node
from controller.rendering.contents import LARGEST

# Somebody may have to type a passphrase.
_PATIENCE: Final = 300.0  # seconds
_ON_NODE: Final = ("sudo", "-n", "--", "python3", "-I", "-S", "-")
_SSH_FAILED: Final = 255
_LONGEST: Final = 300  # characters of what a node says


@dataclass(frozen=True)
class Ssh:
    """How a person reaches a node: the words of the command, without what is to be run there."""

    node: str
    words: tuple[str, ...]

    @classmethod
    def to(cls, node: Node, command: str, config: Path | None, user: str | None) -> Self:
        """The way to this node, at the address at which the controller finds it.

        Its host key is looked up under the node's name, as the controller does it: so no address
        that somebody has written into an annotation leads to another machine.

        Raises:
            CommandError: the node has no address, or an option is wrong.
        """
        name, address = node.name, node.address
        if not is_ip_address(address) and not is_host_name(address):
            said = f"the address {address!r} is none" if address else "it has no InternalIP"
            remedy = f"kubectl annotate node {name} {ADDRESS}=ADDRESS"
            raise CommandError(f"node {name}: {said}", remedy)
        if user is not None and (not user or user.startswith("-") or "@" in user):
            raise CommandError(f"--ssh-user {user!r} is no name of a user", "write the name alone")
        words = [*_split(command), *(("-F", str(config)) if config else ())]
        words += ["-o", f"HostKeyAlias={name}", "-o", "ConnectTimeout=10"]
        return cls(name, (*words, "--", f"{user}@{address}" if user else address))

    def read(self, files: Iterable[str], units: Iterable[str], *, public: bool) -> SeenOnNode:
        """Look at these paths and units; by `public` only at contents that everybody may read.

        Raises:
            UnseenError: the node could not be read.
        """
        asked = {"files": [*files], "units": [*units], "public": public, "most": LARGEST}
        program = f"{Path(remote_probe.__file__).read_text()}\nmain({json.dumps(asked)!r})\n"
        answer = self._run(program)
        try:
            seen = SeenOnNode.model_validate_json(answer)
        except ValidationError:
            # Its own words would quote what was read.
            raise self._unseen("its answer makes no sense", "does the login print words?") from None
        told = [each.path for each in seen.files], [each.name for each in seen.units]
        if told != (asked["files"], asked["units"]):
            raise self._unseen("its answer is to another question", "try again")
        return seen

    def _run(self, program: str) -> bytes:
        try:
            done = subprocess.run(
                [*self.words, shlex.join(_ON_NODE)],
                input=program.encode(),
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except OSError as error:
            reason = f"{self.words[0]} cannot be run: {(error.strerror or str(error)).lower()}"
            raise UnseenError(reason, "--ssh-command names another command") from error
        except subprocess.TimeoutExpired:
            reason = f"there is no end of it after {_PATIENCE:.0f} s"
            raise self._unseen(reason, f"try it yourself: {shlex.join(self.words)}") from None
        if done.returncode != 0:
            raise self._failure(done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def _failure(self, code: int, stderr: str) -> UnseenError:
        lines = [each.strip() for each in stderr.splitlines() if each.strip()]
        said = lines[-1][:_LONGEST] if lines else f"exit status {code}"
        if code == _SSH_FAILED:
            remedy = f"try it yourself: {shlex.join(self.words)}; see --ssh-user and --ssh-config"
            return self._unseen(said, remedy)
        if said.startswith("sudo:"):
            remedy = "--ssh-user names a user who may sudo there without a password"
            return self._unseen(said, remedy)
        return self._unseen(said, f"it needs sudo and Python there: {shlex.join(self.words)}")

    def _unseen(self, reason: str, remedy: str) -> UnseenError:
        return UnseenError(f"{self.node} could not be read over SSH: {reason}", remedy)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        words, reason = [], str(error).lower()
    else:
        reason = "it is empty"
    if not words:
        raise CommandError(f"--ssh-command {command!r}: {reason}", "write ssh, and its options")
    return words
