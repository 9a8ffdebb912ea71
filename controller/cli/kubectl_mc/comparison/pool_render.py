"""Rendering one pool, and the provenance of each part of the result; pure."""

from controller.api.json_object import Json
from controller.api.names import API_VERSION
from controller.cli.kubectl_mc.arguments.pool_lookup import find_pool
from controller.cli.kubectl_mc.files.reviewed_objects import ReviewedObjects
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.terminal.tables import table
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources


def render_pool(pool: str, objects: ReviewedObjects, boot_user: str) -> Rendered:
    """Render the pool from these objects.

    Raises:
        CommandError: there is no such pool, or it cannot be rendered.
    """
    found = find_pool(pool, objects.pools)
    selected = sources(found, objects.pools, objects.machine_configs)
    result = render(pool, selected, boot_user)
    if isinstance(result, Rendered):
        return result
    details: tuple[Line, ...] = tuple([("error: ", "bold red"), str(each)] for each in result)
    raise CommandError(f"pool {pool} cannot be rendered", "fix the errors above", details)


def rendered_manifest(rendered: Rendered) -> Json:
    """Return the rendered MachineConfig as the controller would create it."""
    spec: Json = {"config": rendered.config}
    if rendered.kernel_arguments:
        spec["kernelArguments"] = list(rendered.kernel_arguments)
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineConfig",
        "metadata": {"name": rendered.name},
        "spec": spec,
    }


def provenance_lines(rendered: Rendered) -> list[Line]:
    """Return each file, unit, drop-in and key with the MachineConfigs it is from and overrides."""
    rows = [
        (part.item_type, ", ".join(part.origin), ", ".join(part.overrode) or "<none>", part.name)
        for part in rendered.provenance
    ]
    heading: list[Line] = [[rendered.name, " from ", ", ".join(rendered.sources)], []]
    return [*heading, *table(("KIND", "FROM", "OVERRIDES", "NAME"), rows)]


def provenance_document(rendered: Rendered) -> Json:
    """Return the provenance as JSON."""
    parts = [
        {
            "kind": part.item_type,
            "name": part.name,
            "origin": list(part.origin),
            "overrode": list(part.overrode),
        }
        for part in rendered.provenance
    ]
    return {"name": rendered.name, "sources": list(rendered.sources), "provenance": parts}
