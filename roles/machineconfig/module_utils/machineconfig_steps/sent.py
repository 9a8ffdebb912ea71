"""The manifest, as it was sent to the node for one step."""

from __future__ import annotations

import json
import os

from ansible.module_utils.machineconfig_node import desired
from ansible.module_utils.machineconfig_node.call import Asked


def wanted(asked: Asked) -> desired.Desired:
    """What the manifest wants; its file was sent for this step alone, and may hold secrets."""
    with open(asked["manifest"], encoding="utf-8") as stream:
        os.unlink(asked["manifest"])
        return desired.read(json.load(stream))
