"""What a pool's nodes are to be, and where each part of it comes from; pure."""

from controller.api.json_object import Json
from controller.api.names import API_VERSION
from controller.cli.kubectl_mc.arguments import pool_lookup
from controller.cli.kubectl_mc.files.reviewed_objects import Objects
from controller.cli.kubectl_mc.terminal.console import Line, table
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources


def rendered(pool: str, objects: Objects, boot_user: str) -> Rendered:
    """What the objects make of this pool.

    Raises:
        CommandError: there is no such pool, or it cannot be rendered.
    """
    chosen = pool_lookup.find(pool, objects.pools)
    selected = sources(chosen, objects.pools, objects.machine_configs)
    found = render(pool, selected, boot_user)
    if isinstance(found, Rendered):
        return found
    details: tuple[Line, ...] = tuple([("error: ", "bold red"), str(each)] for each in found)
    raise CommandError(f"pool {pool} cannot be rendered", "mend what is named above", details)


def document(made: Rendered) -> Json:
    """The MachineConfig that the controller would make."""
    spec: Json = {"config": made.config}
    if made.kernel_arguments:
        spec["kernelArguments"] = list(made.kernel_arguments)
    metadata = {"name": made.name}
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineConfig",
        "metadata": metadata,
        "spec": spec,
    }


def explained(made: Rendered) -> list[Line]:
    """For each file, unit, drop-in and key: whose it is, and whom that overrode."""
    rows = [
        (each.item_type, ", ".join(each.origin), ", ".join(each.overrode) or "<none>", each.name)
        for each in made.provenance
    ]
    heading: list[Line] = [[made.name, " from ", ", ".join(made.sources)], []]
    return [*heading, *table(("KIND", "FROM", "OVERRIDES", "NAME"), rows)]


def provenance(made: Rendered) -> Json:
    """The same for programs."""
    parts = [
        {
            "kind": each.item_type,
            "name": each.name,
            "origin": list(each.origin),
            "overrode": list(each.overrode),
        }
        for each in made.provenance
    ]
    return {"name": made.name, "sources": list(made.sources), "provenance": parts}
