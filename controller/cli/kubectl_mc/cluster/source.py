"""Where a command looks: at what `-f` names, or else at the cluster."""

from dataclasses import dataclass
from pathlib import Path

from controller.cli.kubectl_mc.cluster import live_objects
from controller.cli.kubectl_mc.cluster.live_objects import Live
from controller.cli.kubectl_mc.files import manifest_files, reviewed_objects
from controller.cli.kubectl_mc.files.manifest_files import Found
from controller.cli.kubectl_mc.files.reviewed_objects import Objects
from controller.cli.kubectl_mc.terminal.console import show
from controller.cli.kubectl_mc.validation import problem_view


@dataclass(frozen=True)
class Where:
    """What a person has said of it; the boot user is whose SSH keys are managed there."""

    files: list[str] | None
    recursive: bool
    boot_user: str
    kubeconfig: Path | None
    context: str | None

    def documents(self) -> Found:
        """What people have written there, good or bad.

        Raises:
            UnseenError: it cannot be read.
        """
        return self.in_files(self.files) if self.files else self.live().written

    def objects(self) -> Objects:
        """The same, if nothing is wrong with it.

        Raises:
            CommandError: it cannot be read, or something is wrong with it.
        """
        made = reviewed_objects.of_files if self.files else reviewed_objects.of_cluster
        return warned(made(self.documents(), self.boot_user))

    def in_files(self, named: list[str]) -> Found:
        """What these files and folders hold."""
        return manifest_files.read_files(named, recursive=self.recursive)

    def applied(self) -> tuple[Live, Objects]:
        """The cluster, and what it would hold after `kubectl apply` of the files.

        Raises:
            CommandError: one of them cannot be read, or something is wrong with a file.
        """
        given = self.in_files(self.files) if self.files else ()
        live = self.live()
        return live, warned(reviewed_objects.of_cluster(live.with_applied(given), self.boot_user))

    def live(self) -> Live:
        """The cluster, whatever `-f` names."""
        return live_objects.look(self.kubeconfig, self.context)


def warned(of: Objects) -> Objects:
    """The same objects, after what is doubtful about them was told."""
    show(problem_view.lines(of.warnings), stderr=True)
    return of
