"""The objects that a command works on, after they were reviewed together; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.api.defaults import with_default_pools
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.cli.kubectl_mc.files.manifest_files import Documents
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.terminal.problem_view import count, errors, in_file, problem_lines
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.validation.review import Review, review


@dataclass(frozen=True)
class ReviewedObjects:
    """Valid objects, and the warnings about them."""

    machine_configs: tuple[MachineConfig, ...]
    pools: tuple[MachineConfigPool, ...]
    configuration: MachineConfiguration | None
    warnings: tuple[Problem, ...]


def from_files(found: Iterable[Document | Problem], boot_user: str) -> ReviewedObjects:
    """Return the objects of files, which have the default pools without naming them.

    Raises:
        CommandError: an object is invalid.
    """
    objects = require_valid(review(found, boot_user))
    return replace(objects, pools=with_default_pools(objects.pools))


def from_cluster(found: Iterable[Document | Problem], boot_user: str) -> ReviewedObjects:
    """Return the objects of a cluster, with those of files applied to it.

    A problem of an object that the cluster has accepted is left to the rendering of its pools.

    Raises:
        CommandError: an object of a file is invalid, or one of the cluster cannot be parsed.
    """
    reviewed = review(found, boot_user)
    known = {f"MachineConfig {config.name}" for config in reviewed.machine_configs}
    known |= {f"MachineConfigPool {pool.name}" for pool in reviewed.pools}
    problems = tuple(
        problem for problem in reviewed.problems if in_file(problem) or problem.object not in known
    )
    return require_valid(replace(reviewed, problems=problems))


def require_valid(reviewed: Review) -> ReviewedObjects:
    """Return the objects of a review.

    Raises:
        CommandError: one of them is invalid.
    """
    _require_no_errors(reviewed.problems)
    return ReviewedObjects(
        reviewed.machine_configs, reviewed.pools, reviewed.configuration, reviewed.problems
    )


def require_parsed(found: Documents) -> Documents:
    """Return the documents of files.

    Raises:
        CommandError: one of them cannot be parsed.
    """
    _require_no_errors(each for each in found if isinstance(each, Problem))
    return found


def _require_no_errors(problems: Iterable[Problem]) -> None:
    if invalid := errors(problems):
        reason = f"invalid objects: {count(len(invalid), 'error')}"
        raise CommandError(reason, "fix the errors above", tuple(problem_lines(invalid)))
