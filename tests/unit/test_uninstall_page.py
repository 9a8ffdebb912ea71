"""docs/uninstall.md removes everything of this product from the Nodes."""

import re
from pathlib import Path

from controller.api import names

PAGE = (Path(__file__).parents[2] / "docs" / "uninstall.md").read_text()
OURS = f"{names.GROUP}/"
# On MachineConfigs, and the version of the kinds, which are removed with the kinds.
ELSEWHERE = {names.ROLE_LABEL, names.API_VERSION}


def test_every_annotation_and_taint_of_a_node_is_removed() -> None:
    of_nodes = {each for each in vars(names).values() if str(each).startswith(OURS)} - ELSEWHERE

    assert set(re.findall(rf"{re.escape(OURS)}[\w-]+(?=-(?:\s|$))", PAGE)) == of_nodes
