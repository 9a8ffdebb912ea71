"""`kubectl mc resume`."""

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.commands.pause import set_paused


def resume(
    named: options.Pools,
    *,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Have the nodes of paused pools updated again.

    `kubectl mc plan` shows beforehand to what, and `kubectl mc diff` what that changes.

    \b
      kubectl mc resume worker

    Exit code 0: they are not paused. 1: there is no such pool. 2: it could not do it.
    """  # noqa: D301 - it keeps the lines below it as they are
    set_paused(named, boot_user, kubeconfig, context, paused=False)
