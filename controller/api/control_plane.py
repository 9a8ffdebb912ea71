"""The control plane as its pool describes it: how many nodes it has, and where its etcd runs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictInt

from controller.api.meta import ApiModel


class Etcd(StrEnum):
    """The place of the cluster's etcd."""

    STACKED = "Stacked"  # a member on each control plane node, as a pod or in the k3s process
    EXTERNAL = "External"  # outside of what the cluster shows: other machines, or a service
    NONE = "None"  # another database


class ControlPlane(ApiModel):
    """What an administrator says about the control plane; what is unset is found out."""

    nodes: Annotated[StrictInt, Field(ge=1)] | None = None
    etcd: Etcd | None = None
