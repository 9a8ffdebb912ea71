"""What other checks need to know of the kubelet of this machine."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Iterator

from ..base.view import View

# Of all distributions of Kubernetes.
FOLDER = "/var/lib/kubelet"
# Options that set the name of the Node, whatever the host is called.
_NAMES_NODE = (b"--hostname-override", b"--node-name")
_ACCEPTS_SWAP = (b"--fail-swap-on=false",)
# In YAML or JSON.
_ACCEPTS_SWAP_IN_FILE = re.compile(r"(?:^|[{,])\s*\"?failSwapOn\"?\s*:\s*false\b", re.MULTILINE)
_UNIT = "systemd/system/kubelet.service"
# Where its unit usually gets options from.
_OPTION_FILES = (
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
    "/var/lib/kubelet/kubeadm-flags.env",
)
_SWAPS = "/proc/swaps"


def registers_host_name() -> bool:
    """Whether there is a kubelet whose Node has the name of the host."""
    return os.path.isdir(FOLDER) and not _has_option(_NAMES_NODE)


def refuses_swap(view: View) -> bool:
    """Whether a kubelet runs that would not start with swap space, and there is none now.

    k3s and others, whose kubelet is no program of its own, accept it; and so does a kubelet whose
    config is not found.
    """
    if len(_text(_SWAPS).splitlines()) > 1 or _has_option(_ACCEPTS_SWAP):
        return False
    # Those in containers have other files, and any user may have called a program so.
    lines = map(_words, _command_lines(of_host=True))
    kubelets = [words for words in lines if _is_kubelet(words)]
    return any(_refuses_swap(words, view) for words in kubelets)


def _refuses_swap(words: list[str], view: View) -> bool:
    """Whether a kubelet that runs with these words would refuse it in the view."""
    options = [*view.run("systemd-analyze", "cat-config", _UNIT).lines]
    options += [view.read(path) for path in _OPTION_FILES]
    if any(accepts.decode() in text for text in options for accepts in _ACCEPTS_SWAP):
        return False
    config = next(filter(None, map(_config, words, [*words[1:], ""])), "")
    text = view.read(config) if config else ""
    is_known = bool(text) or not any(each.startswith("--config") for each in words)
    return is_known and not _ACCEPTS_SWAP_IN_FILE.search(text)


def _words(line: bytes) -> list[str]:
    return line.decode(errors="replace").rstrip("\0").split("\0")


def _is_kubelet(words: list[str]) -> bool:
    return os.path.basename(words[0]) == "kubelet"


def _config(word: str, following: str) -> str:
    """Return the path of the config if the word names it."""
    name, _, value = word.partition("=")
    return (value or following) if name == "--config" else ""


def _has_option(options: tuple[bytes, ...]) -> bool:
    """Whether a process runs with one of the options."""
    return any(option in line for line in _command_lines() for option in options)


def _command_lines(*, of_host: bool = False) -> Iterator[bytes]:
    """Yield the command lines of all processes, or of those with root's rights on the host."""
    host = os.readlink("/proc/self/ns/mnt") if of_host else ""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if of_host and not _is_of_root(name, host):
                continue
            with open(f"/proc/{name}/cmdline", "rb") as stream:
                yield stream.read()


def _is_of_root(process: str, namespace: str) -> bool:
    is_there = os.readlink(f"/proc/{process}/ns/mnt") == namespace
    return is_there and os.stat(f"/proc/{process}").st_uid == 0


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
