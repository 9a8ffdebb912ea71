"""`kubectl mc resume`."""

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.commands.pause import set_paused


def resume(
    named: options.Pools,
    *,
    boot_user: options.HiddenBootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Resume updating the nodes of these pools.

    `kubectl mc plan` shows beforehand which nodes are updated, and `kubectl mc diff` the changes.

    \b
      kubectl mc resume worker

    Exit code 0: not paused. 1: no such pool. 2: the cluster cannot be read or changed.
    """  # noqa: D301 - \b keeps the lines below as they are
    set_paused(named, boot_user, kubeconfig, context, paused=False)
