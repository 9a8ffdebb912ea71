"""A MachineConfig that a command writes, and the origin of each of its parts; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.api.defaults import POOLS
from controller.api.json_object import Json
from controller.api.names import API_VERSION, ROLE_LABEL
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.manifests.problem import Problem
from controller.suggestions import did_you_mean

# From a path in the manifest to the option and file, or the node, that the value comes from.
Origins = Mapping[str, str]

_CONFIG: Final = "spec.config."
_ROLE: Final = f"metadata.labels.{ROLE_LABEL}"


@dataclass(frozen=True)
class DraftPart:
    """Sections of an Ignition config, and the origins of paths in them."""

    sections: Json
    origins: Origins


@dataclass(frozen=True)
class Draft:
    """A manifest, and the origins of paths in it."""

    manifest: Json
    origins: Origins

    def with_origin(self, problem: Problem) -> Problem:
        """Return the problem with its origin as the place: the user has not seen the manifest."""
        if (problem.path, problem.severity) == (_ROLE, "warning"):
            problem = _custom_role(problem, self.manifest["metadata"]["labels"][ROLE_LABEL])
        part = problem.path
        while part and part not in self.origins:
            part = part.rpartition(".")[0]
        if not part:
            return problem
        rest = problem.path.removeprefix(part).removeprefix(".")
        return replace(problem, file=self.origins[part], object="", path=rest)


def _custom_role(problem: Problem, role: str) -> Problem:
    """Return the warning about a role that no default pool selects."""
    reason = "no default pool selects this role: only a custom pool can"
    suggestion = did_you_mean(role, (pool.name for pool in POOLS), otherwise="")
    return replace(problem, reason=reason, remedy=suggestion)


def draft(name: str, role: str, parts: Iterable[DraftPart]) -> Draft:
    """Compose a MachineConfig that the pool of `role` selects.

    Raises:
        CommandError: the role is empty, or all parts are.
    """
    if not role:
        raise CommandError("--role is empty", "name a role, for example --role worker")
    filled = [part for part in parts if part.sections]
    if not filled:
        raise CommandError(f"{name} would be empty", "pass --file, --unit or --ssh-key")
    config: Json = {"ignition": {"version": "3.4.0"}}
    origins = {_ROLE: f"--role {role}", "metadata.name": "name"}
    for part in filled:
        config |= part.sections
        origins |= {f"{_CONFIG}{path}": origin for path, origin in part.origins.items()}
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {ROLE_LABEL: role}},
        "spec": {"config": config},
    }
    return Draft(manifest, origins)
