"""The objects that a command works on, reviewed as a whole; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.api.defaults import with_default_pools
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.validation import problem_view
from controller.cli.kubectl_mc.validation.problem_view import in_file
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.validation.review import Review, review


@dataclass(frozen=True)
class Objects:
    """What people write: MachineConfigs, pools and the policy; and what files are warned of."""

    machine_configs: tuple[MachineConfig, ...]
    pools: tuple[MachineConfigPool, ...]
    configuration: MachineConfiguration | None
    warnings: tuple[Problem, ...]


def of_files(found: Iterable[Document | Problem], boot_user: str) -> Objects:
    """The objects of files, which know the default pools without holding them.

    Raises:
        CommandError: something is wrong with one of them.
    """
    objects = accepted(review(found, boot_user))
    return replace(objects, pools=with_default_pools(objects.pools))


def of_cluster(found: Iterable[Document | Problem], boot_user: str) -> Objects:
    """The objects of a cluster, and of files that are laid over them.

    What the cluster has accepted hinders the pools that hold it alone, and rendering them says so.

    Raises:
        CommandError: something is wrong with a file, or cannot be read at all.
    """
    seen = review(found, boot_user)
    known = {f"MachineConfig {each.name}" for each in seen.machine_configs}
    known |= {f"MachineConfigPool {each.name}" for each in seen.pools}
    said = tuple(each for each in seen.problems if in_file(each) or each.object not in known)
    return accepted(replace(seen, problems=said))


def accepted(seen: Review) -> Objects:
    """The objects that were seen.

    Raises:
        CommandError: something is wrong with one of them.
    """
    if wrong := problem_view.errors(seen.problems):
        reason = f"{problem_view.count(len(wrong), 'error')} in the way"
        raise CommandError(reason, "mend what is named above", tuple(problem_view.lines(wrong)))
    return Objects(seen.machine_configs, seen.pools, seen.configuration, seen.problems)
