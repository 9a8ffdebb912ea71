"""Several long jobs at once, in a way that Ctrl-C ends them all."""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

Result = TypeVar("Result")


def at_once(jobs: Mapping[str, Callable[[], Result]]) -> dict[str, Result]:
    """Run the jobs side by side, and return what each returns; the first error ends the wait.

    The threads do not outlive the process, and what they run ends with them.
    """
    results: dict[str, Result] = {}
    errors: list[BaseException] = []

    def run(name: str, job: Callable[[], Result]) -> None:
        try:
            results[name] = job()
        except Exception as error:  # noqa: BLE001 - it is raised again by the one who waits
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
