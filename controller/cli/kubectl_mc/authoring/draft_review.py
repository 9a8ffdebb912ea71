"""The review of a draft by the checks of `kubectl mc validate`, before it is printed."""

from dataclasses import replace

from controller.cli.kubectl_mc.arguments.manifest_source import print_warnings
from controller.cli.kubectl_mc.authoring.draft import Draft
from controller.cli.kubectl_mc.files.reviewed_objects import require_valid
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.manifests.document import Document
from controller.validation.review import review


def require_unicode(*arguments: str) -> None:
    """Refuse arguments that are not Unicode, whose bytes Python keeps as surrogates.

    Raises:
        CommandError: an argument is not valid UTF-8.
    """
    for argument in arguments:
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise CommandError(f"{argument} is not UTF-8", "rename it")


def review_draft(draft: Draft, boot_user: str, *context: Document) -> None:
    """Print warnings about the draft, which is reviewed together with the objects of `context`.

    Raises:
        CommandError: it is invalid.
    """
    name = str(draft.manifest["metadata"]["name"])
    reviewed = review([Document(name, 0, draft.manifest, {}), *context], boot_user)
    problems = tuple(map(draft.with_origin, reviewed.problems))
    print_warnings(require_valid(replace(reviewed, problems=problems)))
