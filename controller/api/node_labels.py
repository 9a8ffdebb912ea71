"""Which labels of a Node its kubelet may set, by the admission plugin NodeRestriction.

Whoever has a kubelet's credentials can give its Node any label but those of Kubernetes' own
domains, apart from the few there that kubelets do set.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from controller.api.meta import LabelSelector, SelectorOperator

_OF_KUBERNETES: Final = ("kubernetes.io", "k8s.io")
_OF_KUBELETS: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")
_SET_BY_KUBELETS: Final = {
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
}
# What to do about a pool that is open to them.
REMEDY: Final = (
    "select nodes by a label that no kubelet may set: node-role.kubernetes.io/NAME or"
    " node-restriction.kubernetes.io/NAME"
)
_HAVING: Final = {SelectorOperator.IN, SelectorOperator.EXISTS}


def kubelet_may_set(label: str) -> bool:
    """Whether a kubelet may set the label of this key on its own Node."""
    domain = label.rpartition("/")[0]
    if not _is_below(domain, _OF_KUBERNETES):
        return True
    return label in _SET_BY_KUBELETS or _is_below(domain, _OF_KUBELETS)


def open_to_kubelets(selector: LabelSelector) -> tuple[str, ...]:
    """The labels by which any node can make the selector select it; empty where none can.

    One label that the node has to have and that its kubelet may not set keeps it out.
    """
    needed = {*selector.match_labels, *_needed(selector)}
    if not all(map(kubelet_may_set, needed)):
        return ()
    keys = {*selector.match_labels, *(each.key for each in selector.match_expressions)}
    return tuple(sorted(filter(kubelet_may_set, keys)))


def in_words(labels: Iterable[str]) -> str:
    """What it means that these labels are open to kubelets."""
    return f"a node can label itself into this pool ({', '.join(labels)}), and gets its files then"


def _needed(selector: LabelSelector) -> Iterator[str]:
    return (each.key for each in selector.match_expressions if each.operator in _HAVING)


def _is_below(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in domains)
