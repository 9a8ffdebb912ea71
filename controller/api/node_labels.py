"""The labels of a Node that its kubelet may set, by the admission plugin NodeRestriction.

A process with a kubelet's credentials can set any label of its Node outside Kubernetes' own
domains, and a few inside.
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
# For a pool that nodes can join by such a label.
REMEDY: Final = (
    "select nodes by a label that no kubelet may set: node-role.kubernetes.io/NAME or"
    " node-restriction.kubernetes.io/NAME"
)
_REQUIRING: Final = {SelectorOperator.IN, SelectorOperator.EXISTS}


def kubelet_may_set(label: str) -> bool:
    """Whether a kubelet may set the label with this key on its own Node."""
    domain = label.rpartition("/")[0]
    if not _is_below(domain, _OF_KUBERNETES):
        return True
    return label in _SET_BY_KUBELETS or _is_below(domain, _OF_KUBELETS)


def self_assignable_labels(selector: LabelSelector) -> tuple[str, ...]:
    """Return the labels by which a node can make the selector select it; empty if it cannot.

    One required label that the kubelet may not set is sufficient to prevent it.
    """
    required = {*selector.match_labels, *_required(selector)}
    if not all(map(kubelet_may_set, required)):
        return ()
    keys = {*selector.match_labels, *(each.key for each in selector.match_expressions)}
    return tuple(sorted(filter(kubelet_may_set, keys)))


def explain(labels: Iterable[str]) -> str:
    """Return the consequence of self-assignable labels."""
    keys = tuple(labels)
    noun = "label" if len(keys) == 1 else "labels"
    return (
        f"a kubelet can set the {noun} {', '.join(keys)} on its own Node, and so join this pool "
        "and read its files"
    )


def _required(selector: LabelSelector) -> Iterator[str]:
    return (each.key for each in selector.match_expressions if each.operator in _REQUIRING)


def _is_below(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in domains)
