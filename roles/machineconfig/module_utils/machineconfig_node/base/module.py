"""Ends a module with its result, or with the cause and remedy of its failure."""

from __future__ import annotations

from typing import Any, Callable, Dict

from . import os_errors
from .errors import NodeError

Parameters = Dict[str, Any]
Result = Dict[str, Any]


def finish(module: Any, work: Callable[[], Result]) -> None:  # noqa: ANN401 - AnsibleModule is untyped
    """End the module with the result of `work`, or with the error that it raises."""
    try:
        module.exit_json(**work())
    except NodeError as error:
        module.fail_json(msg=str(error), cause=error.cause, remedy=error.remedy, **error.fields)
    except OSError as error:
        node_error = os_errors.to_node_error(error)
        module.fail_json(msg=str(node_error), cause=node_error.cause, remedy=node_error.remedy)
