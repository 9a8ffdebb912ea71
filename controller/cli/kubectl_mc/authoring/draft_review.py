"""What is made here is never refused later: it passes the checks of `validate` first."""

from dataclasses import replace

from controller.cli.kubectl_mc.authoring.draft import Made
from controller.cli.kubectl_mc.cluster.source import warned
from controller.cli.kubectl_mc.files import reviewed_objects
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.manifests.document import Document
from controller.validation.review import review


def check_encoding(*words: str) -> None:
    """No manifest can hold what is not Unicode; Python keeps such bytes of a word as surrogates.

    Raises:
        CommandError: one of the words is no Unicode.
    """
    for word in words:
        if any("\ud800" <= each <= "\udfff" for each in word):
            raise CommandError(f"{word} is not UTF-8", "give it another name")


def check(config: Made, boot_user: str, *beside: Document) -> None:
    """Tell what is doubtful about it, `beside` what is there already.

    Raises:
        CommandError: it would be refused.
    """
    name = str(config.manifest["metadata"]["name"])
    seen = review([Document(name, 0, config.manifest, {}), *beside], boot_user)
    warned(
        reviewed_objects.accepted(replace(seen, problems=tuple(map(config.told, seen.problems))))
    )
