"""The process of a run: `python -m controller.execution.guard FOLDER PLAYBOOK LIMITS`.

It forks the process that calls ansible-runner, passes on its messages, and ends every process of
the run: when the run is over, when it exceeds its limits, and when standard input ends. That is the
controller's end of a pipe, which is closed to cancel the run, and by the kernel when the controller
ends in any way. It needs neither signals nor threads, so none can be missed or arrive twice.
Ansible's workers leave their process group and outlive a killed ansible-playbook, so they are
adopted here.
"""

import ctypes
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from controller.execution import shortage
from controller.execution.limits import LimitMonitor, Limits, Violation
from controller.execution.messages import (
    AnswerOverdue,
    Failed,
    Message,
    PlaybookEnded,
    decode,
    encode,
    role_of,
)
from controller.execution.private_folder import empty
from controller.execution.processes import children, descendants

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_CONTROLLER: Final = 0  # standard input
_CHECK_INTERVAL: Final = 0.5  # seconds between checks of what the processes use
_REAP_INTERVAL: Final = 0.01
_KILLED: Final = "the run ended before its time"
_CHUNK: Final = 2**16  # bytes
_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_ENDED_FIRST: Final = 500


def main(folder: Path, playbook: Path, limits: Limits) -> None:
    """Run `playbook` on what is in `folder`, and leave neither processes nor contents behind."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    runner = _fork(folder, playbook)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError):  # the controller has ended
            complete = _follow(runner, LimitMonitor(limits, time.monotonic()))
            if not complete and (short := shortage.detect(folder)):
                _report(Failed(_KILLED, shortage=short))
    finally:
        _end_all()
        empty(folder)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value)


def _fork(folder: Path, playbook: Path) -> int:
    """Start the process that calls ansible-runner, and return the pipe that it writes to."""
    output, output_of_runner = os.pipe()
    if os.fork():
        os.close(output_of_runner)
        return output
    try:
        os.close(output)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _be_ended_first()
        os.dup2(os.open(os.devnull, os.O_RDONLY), _CONTROLLER)
        os.dup2(output_of_runner, sys.stdout.fileno())
        # Only here: the guard itself stays small.
        from controller.execution import runner_process  # noqa: PLC0415

        runner_process.main(folder, playbook)
    except BaseException:  # noqa: BLE001 - it must not return into the guard's own code
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def _be_ended_first() -> None:
    """Let the kernel end a run before the controller where memory runs out."""
    with suppress(OSError):
        _OOM_SCORE.write_text(str(max(_ENDED_FIRST, int(_OOM_SCORE.read_text()))))


def _follow(runner: int, monitor: LimitMonitor) -> bool:
    """Pass messages on until the run ends, the controller ends, or the run exceeds its limits.

    Return False where the run ended without Ansible's statistics.
    """
    rest, checked, signaled, complete = b"", time.monotonic(), set[int](), False
    while True:
        ready, _, _ = select.select([runner, _CONTROLLER], [], [], _CHECK_INTERVAL)
        if _CONTROLLER in ready:
            return True
        if runner in ready:
            chunk = os.read(runner, _CHUNK)
            if not chunk:
                return complete
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                complete = _pass_on(line, monitor) or complete
        if time.monotonic() - checked >= _CHECK_INTERVAL:
            checked = time.monotonic()
            if not _enforce(monitor, checked, signaled):
                return True


def _enforce(monitor: LimitMonitor, now: float, signaled: set[int]) -> bool:
    """Report and end what exceeds the limits; return False where that is the whole run."""
    _reap()
    for violation in monitor.violations(descendants(os.getpid()), now):
        if violation.pid not in signaled:
            _report(_message(violation))
        if not violation.pid:
            return False
        if not violation.tolerated:
            _end(violation.pid, signaled)
    return True


def _pass_on(line: bytes, monitor: LimitMonitor) -> bool:
    """Pass a line on, and return whether it contains Ansible's statistics."""
    message = decode(line)
    if role := role_of(message):
        monitor.enter(role, time.monotonic())
    _write(line + b"\n")
    return isinstance(message, PlaybookEnded)


def _message(violation: Violation) -> Message:
    node, cause = violation.node, violation.cause
    if violation.tolerated:
        return AnswerOverdue(node, cause)
    return Failed(cause, violation.remedy, node, unreachable=True, over_limit=True)


def _report(message: Message) -> None:
    _write(json.dumps(encode(message)).encode() + b"\n")


def _write(text: bytes) -> None:
    while text:
        text = text[os.write(sys.stdout.fileno(), text) :]


def _end(pid: int, signaled: set[int]) -> None:
    """Terminate a process, and kill one that was terminated before."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL if pid in signaled else signal.SIGTERM)
    signaled.add(pid)


def _end_all() -> None:
    """Kill all descendants; those that this orphans are adopted here, until there are no more."""
    while True:
        for child in children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        if not _reap():
            return
        time.sleep(_REAP_INTERVAL)


def _reap() -> bool:
    """Reap children that have ended, and return whether there are others."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Limits(**json.loads(sys.argv[3])))
