"""The process of a run: `python -m controller.execution.guard FOLDER PLAYBOOK LIMITS`.

It forks the process that calls ansible-runner, passes on what that says, and ends all that was
started for the run: when it is over, when it takes more than it may, and when standard input ends.
That is the controller's end of a pipe, which is closed to cancel the run, and by the kernel when
the controller ends in any way. Neither signals nor threads are needed for it, so none can be
missed or come twice. Ansible's workers leave their process group and outlive a killed
ansible-playbook, so they are adopted here.
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

from controller.api.json_object import Json
from controller.execution import shortage
from controller.execution.limits import LimitMonitor, Limits, Violation
from controller.execution.private_folder import empty
from controller.execution.processes import children, descendants

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_CONTROLLER: Final = 0  # standard input
_LOOK: Final = 0.5  # seconds between looks at what the processes take
_MOMENT: Final = 0.01
_BEFORE_ITS_TIME: Final = "the run ended before its time"
_CHUNK: Final = 2**16  # bytes
_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_ENDED_FIRST: Final = 500


def main(folder: Path, playbook: Path, limits: Limits) -> None:
    """Run `playbook` on what is in `folder`, and leave neither processes nor contents behind."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    said = _fork(folder, playbook)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError):  # the controller has ended
            whole = _follow(said, LimitMonitor(limits, time.monotonic()))
            if not whole and (short := shortage.found(folder)):
                _say({"ended": {"cause": _BEFORE_ITS_TIME, "short": short}})
    finally:
        _end_all()
        empty(folder)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value)


def _fork(folder: Path, playbook: Path) -> int:
    """Start the process that calls ansible-runner, and return where it is heard."""
    said, says = os.pipe()
    if os.fork():
        os.close(says)
        return said
    try:
        os.close(said)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _be_ended_first()
        os.dup2(os.open(os.devnull, os.O_RDONLY), _CONTROLLER)
        os.dup2(says, sys.stdout.fileno())
        # Only here: the guard itself stays small.
        from controller.execution import runner_process  # noqa: PLC0415

        runner_process.main(folder, playbook)
    except BaseException:  # noqa: BLE001 - it must not return into the guard's own code
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def _be_ended_first() -> None:
    """Let the kernel, where memory runs out, end a run before the controller."""
    with suppress(OSError):
        _OOM_SCORE.write_text(str(max(_ENDED_FIRST, int(_OOM_SCORE.read_text()))))


def _follow(said: int, bounds: LimitMonitor) -> bool:
    """Pass lines on until the last, or the controller has gone, or too much was taken.

    False where the run came to an end before Ansible had said how it went.
    """
    rest, looked, asked, whole = b"", time.monotonic(), set[int](), False
    while True:
        ready, _, _ = select.select([said, _CONTROLLER], [], [], _LOOK)
        if _CONTROLLER in ready:
            return True
        if said in ready:
            chunk = os.read(said, _CHUNK)
            if not chunk:
                return whole
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                whole = _pass_on(line, bounds) or whole
        if time.monotonic() - looked >= _LOOK:
            looked = time.monotonic()
            if not _hold(bounds, looked, asked):
                return True


def _hold(bounds: LimitMonitor, now: float, asked: set[int]) -> bool:
    """End what takes more than it may, and say so; False where the run itself is to end."""
    _reap()
    for excess in bounds.exceeded(descendants(os.getpid()), now):
        if excess.pid not in asked:
            _say(_told(excess))
        if not excess.pid:
            return False
        if not excess.waits:
            _end(excess.pid, asked)
    return True


def _pass_on(line: bytes, bounds: LimitMonitor) -> bool:
    """Pass a line on; True where it is Ansible's last word."""
    told: Json = json.loads(line)
    if role := told.get("role"):
        bounds.enter(role, time.monotonic())
    _write(line + b"\n")
    return "stats" in told


def _told(excess: Violation) -> Json:
    """The line for the controller, beside those that ansible-runner's events become."""
    if excess.waits:
        return {"node": excess.node, "waits": excess.cause}
    told = {"cause": excess.cause, "remedy": excess.remedy, "bound": True, "unreachable": True}
    return {**told, "node": excess.node} if excess.pid else {"ended": told}


def _say(line: Json) -> None:
    _write(json.dumps(line).encode() + b"\n")


def _write(text: bytes) -> None:
    while text:
        text = text[os.write(sys.stdout.fileno(), text) :]


def _end(pid: int, asked: set[int]) -> None:
    """Ask a process to end, and kill one that was asked before."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL if pid in asked else signal.SIGTERM)
    asked.add(pid)


def _end_all() -> None:
    """Kill what is below this process; what that orphans comes here, until there is no more."""
    while True:
        for child in children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        if not _reap():
            return
        time.sleep(_MOMENT)


def _reap() -> bool:
    """Take leave of what has ended, and say whether there is more that has not."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Limits(**json.loads(sys.argv[3])))
