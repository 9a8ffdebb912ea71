"""`kubectl mc status`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from controller.cli.kubectl_mc import (
    entries,
    onlooker,
    options,
    painting,
    printing,
    standing_words,
    watching,
)
from controller.cli.kubectl_mc.chosen import Chosen
from controller.cli.kubectl_mc.ending import UnseenError, ending
from controller.cli.kubectl_mc.printing import Output
from controller.cli.kubectl_mc.standing import Standing
from controller.cli.kubectl_mc.standing_document import document
from controller.planning.snapshot import Snapshot


def status(
    named: options.PoolsAndNodes = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")
    ] = False,
    output: options.Form = None,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show how the pools and nodes stand.

    A pool is shown with its nodes; of a node that is named everything is shown.

    \b
      kubectl mc status
      kubectl mc status worker --watch
      kubectl mc status w-2

    Exit code 0: here it is. 1: there is no such pool or node. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    look = partial(onlooker.pools_and_nodes, kubeconfig, context)
    with ending():
        first = look()
        chosen = Chosen.of(named or (), first)
        if watch:
            _watch(watching.looks(first, look), chosen, output)
        else:
            _show(Standing.of(first, chosen), output)


def _show(standing: Standing, output: Output | None) -> None:
    if output:
        printing.dump(document(standing), output)
    else:
        shown = standing_words.entries(standing, datetime.now(UTC))
        printing.show(entries.lines(shown))


def _watch(looks: Iterable[Snapshot | UnseenError], chosen: Chosen, output: Output | None) -> None:
    """Go on until nobody reads on; the names stand for who bears them each time."""
    with painting.painter(output) as painter:
        for seen in looks:
            if isinstance(seen, UnseenError):
                painter.trouble(seen)
            elif not painter.show(Standing.of(seen, chosen)):
                return
