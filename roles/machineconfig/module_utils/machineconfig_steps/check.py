"""Find where the node is not as a manifest wants it; there is nothing to do about it here."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node import checking, digest_cache
from ansible.module_utils.machineconfig_node.call import Answer, Asked
from ansible.module_utils.machineconfig_steps import sent


def look(asked: Asked) -> Answer:
    """What differs, with nothing changed but what is remembered of digests."""
    with digest_cache.opened(asked["full_read_after"]) as tell:
        return checking.check(sent.wanted(asked), tell=tell)


do = look
