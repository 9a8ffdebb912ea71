"""Review of manifest files: all their problems, each object alone and all together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.validation import cross_object
from controller.validation.reviewed_object import ReviewedObject, review_object


@dataclass(frozen=True)
class Review:
    """The valid objects of this API group, and all problems in the order of file and line.

    An object with an error in its Ignition config is included: rendering reports the error too.
    """

    machine_configs: tuple[MachineConfig, ...]
    pools: tuple[MachineConfigPool, ...]
    configuration: MachineConfiguration | None
    problems: tuple[Problem, ...]


def review(documents: Iterable[Document | Problem], boot_user: str) -> Review:
    """Review all objects, each alone and all together, and include the problems of reading them.

    Objects of other API groups are ignored. A document that is an Ignition config and not an object
    is reviewed as "Ignition config", with paths from its top level, and is not among the
    MachineConfigs.

    Args:
        documents: the results of `reader.read` for all files.
        boot_user: the user whose SSH keys are managed.
    """
    given = tuple(documents)
    objects = [
        found
        for each in given
        if isinstance(each, Document) and (found := review_object(each, boot_user)) is not None
    ]
    problems = [
        *(each for each in given if isinstance(each, Problem)),
        *(each.problem(finding) for each in objects for finding in each.findings),
        *cross_object.duplicates(objects),
        *(tuple(cross_object.too_many(objects)) or _cross_object(objects, boot_user)),
    ]
    models = [each.model for each in _first_of_each(objects)]
    configurations = (each for each in models if isinstance(each, MachineConfiguration))
    return Review(
        machine_configs=tuple(each for each in models if isinstance(each, MachineConfig)),
        pools=tuple(each for each in models if isinstance(each, MachineConfigPool)),
        configuration=next(configurations, None),
        problems=tuple(sorted(problems, key=lambda each: (each.file, each.line))),
    )


def _cross_object(objects: Sequence[ReviewedObject], boot_user: str) -> Iterator[Problem]:
    yield from cross_object.unselected(objects)
    yield from cross_object.merge_conflicts(_first_of_each(objects), boot_user)


def _first_of_each(objects: Iterable[ReviewedObject]) -> list[ReviewedObject]:
    """Return the objects without duplicates of kind and name."""
    first: dict[str, ReviewedObject] = {}
    for each in objects:
        first.setdefault(each.title, each)
    return list(first.values())
