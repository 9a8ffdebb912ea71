"""The lab: a real control plane and real machines on one Linux machine with root.

``python -m tests.lab up`` is the command line; ``Lab`` is the same for tests.
"""

from tests.lab.lab import CommandError, Lab
from tests.lab.node import Machine
from tests.lab.report import LabError

__all__ = ["CommandError", "Lab", "LabError", "Machine"]
