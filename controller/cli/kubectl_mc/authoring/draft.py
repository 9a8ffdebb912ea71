"""A MachineConfig that is made of local files, and which part is made of which; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.api.defaults import POOLS
from controller.api.json_object import Json
from controller.api.names import API_VERSION, ROLE_LABEL
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.manifests.problem import Problem
from controller.suggestions import did_you_mean

Origins = Mapping[str, str]

_CONFIG: Final = "spec.config."
_ROLE: Final = f"metadata.labels.{ROLE_LABEL}"


@dataclass(frozen=True)
class Part:
    """Sections of an Ignition config, and for paths in them what they were made of."""

    sections: Json
    origins: Origins


@dataclass(frozen=True)
class Made:
    """A manifest, and for paths in it what on the command line they were made of."""

    manifest: Json
    origins: Origins

    def told(self, problem: Problem) -> Problem:
        """The problem in the words of the command line: nobody has seen the manifest yet."""
        if (problem.path, problem.severity) == (_ROLE, "warning"):
            problem = _of_role(problem, self.manifest["metadata"]["labels"][ROLE_LABEL])
        part = problem.path
        while part and part not in self.origins:
            part = part.rpartition(".")[0]
        if not part:
            return problem
        rest = problem.path.removeprefix(part).removeprefix(".")
        return replace(problem, file=self.origins[part], object="", path=rest)


def _of_role(problem: Problem, role: str) -> Problem:
    """What to mind with a role of one's own."""
    reason = "no default pool selects this role, so a MachineConfigPool has to"
    meant = did_you_mean(role, (pool.name for pool in POOLS), otherwise="")
    return replace(problem, reason=reason, remedy=meant)


def made(name: str, role: str, parts: Iterable[Part]) -> Made:
    """The MachineConfig with these parts, which the pool of `role` selects.

    Raises:
        CommandError: no pool could select it, or there is nothing in it.
    """
    if not role:
        raise CommandError("--role is empty", "name one, for example --role worker")
    filled = [part for part in parts if part.sections]
    if not filled:
        raise CommandError(
            f"there is nothing to put into {name}", "give --file, --unit or --ssh-key"
        )
    config: Json = {"ignition": {"version": "3.4.0"}}
    origins = {_ROLE: f"--role {role}"}
    for part in filled:
        config |= part.sections
        origins |= {f"{_CONFIG}{path}": origin for path, origin in part.origins.items()}
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {ROLE_LABEL: role}},
        "spec": {"config": config},
    }
    return Made(manifest, origins)
