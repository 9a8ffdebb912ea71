"""Runs several long jobs in parallel, so that Ctrl-C ends all of them."""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

Result = TypeVar("Result")


def at_once(jobs: Mapping[str, Callable[[], Result]]) -> dict[str, Result]:
    """Run the jobs in parallel, and return their results; the first error ends the wait.

    The threads do not outlive the process, and their children end with them.
    """
    results: dict[str, Result] = {}
    errors: list[BaseException] = []

    def run(name: str, job: Callable[[], Result]) -> None:
        try:
            results[name] = job()
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=job, daemon=True) for job in jobs.items()]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not errors:
        for thread in threads:
            thread.join(timeout=0.1)
    if errors:
        raise errors[0]
    return results
