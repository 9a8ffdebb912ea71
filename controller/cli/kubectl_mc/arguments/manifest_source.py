"""The source of a command's manifests: the files that `-f` names, or else the cluster."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.cli.kubectl_mc.cluster import live_objects
from controller.cli.kubectl_mc.cluster.live_objects import LiveObjects
from controller.cli.kubectl_mc.files import manifest_files, reviewed_objects
from controller.cli.kubectl_mc.files.manifest_files import Documents
from controller.cli.kubectl_mc.files.reviewed_objects import ReviewedObjects
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.problem_view import problem_lines

_OFFLINE: Final = "with -f no cluster is needed"


@dataclass(frozen=True)
class ManifestSource:
    """The options that choose a source, and the boot user, whose SSH keys are managed."""

    files: list[str] | None
    recursive: bool
    boot_user: str
    kubeconfig: Path | None
    context: str | None

    def documents(self) -> Documents:
        """Read the manifests, valid or not.

        Raises:
            UnavailableError: they cannot be read.
        """
        return self.read_files(self.files) if self.files else self.live().written

    def objects(self) -> ReviewedObjects:
        """Read the manifests, and print warnings about them.

        Raises:
            CommandError: they cannot be read, or one is invalid.
        """
        reviewed = reviewed_objects.from_files if self.files else reviewed_objects.from_cluster
        return print_warnings(reviewed(self.documents(), self.boot_user))

    def read_files(self, paths: list[str]) -> Documents:
        """Read these files and folders."""
        return manifest_files.read_files(paths, recursive=self.recursive)

    def files_to_apply(self) -> Documents:
        """Read the files; none without `-f`.

        Raises:
            CommandError: a file cannot be read or parsed.
        """
        documents = self.read_files(self.files) if self.files else ()
        return reviewed_objects.require_parsed(documents)

    def with_applied(self, documents: Documents, live: LiveObjects) -> ReviewedObjects:
        """Return the cluster's objects after `kubectl apply` of these documents.

        Raises:
            CommandError: an object is invalid.
        """
        applied = live.with_applied(documents)
        return print_warnings(reviewed_objects.from_cluster(applied, self.boot_user))

    def live(self, offline: str = _OFFLINE) -> LiveObjects:
        """Read the cluster, whether or not `-f` is given.

        `offline` is how to work without it, for the remedy of an error.
        """
        return live_objects.read(self.kubeconfig, self.context, offline)


def print_warnings(objects: ReviewedObjects) -> ReviewedObjects:
    """Print the warnings about the objects, and return the objects."""
    print_lines(problem_lines(objects.warnings), stderr=True)
    return objects
