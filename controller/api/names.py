"""The names that users, nodes and other programs see; each is written here once."""

from typing import Final

GROUP: Final = "machineconfiguration.alauda.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

MACHINE_CONFIGS: Final = "machineconfigs"
MACHINE_CONFIG_POOLS: Final = "machineconfigpools"
MACHINE_CONFIGURATIONS: Final = "machineconfigurations"
MACHINE_CONFIG_NODES: Final = "machineconfignodes"

# Where the controller lives; `deploy/` says the same.
NAMESPACE: Final = "machine-config"
SERVICE_ACCOUNT: Final = "machine-config-controller"
# The Lease of the replica that leads.
LEASE: Final = "machine-config-controller"

# On the controller's pods, where it says SERVICE_ACCOUNT; the role that drains says the same.
APP_LABEL: Final = "app.kubernetes.io/name"

# The only MachineConfiguration that is accepted.
CLUSTER: Final = "cluster"

# MachineConfigs that the controller renders, as against those that people write.
RENDERED_PREFIX: Final = "rendered-"

# On a MachineConfig: the role whose pool selects it.
ROLE_LABEL: Final = f"{GROUP}/role"

# The default roles, which are also the names of the default pools.
MASTER: Final = "master"
WORKER: Final = "worker"

# On a Node: what makes it a control plane (either one).
CONTROL_PLANE_NODE_LABEL: Final = "node-role.kubernetes.io/control-plane"
MASTER_NODE_LABEL: Final = "node-role.kubernetes.io/master"

# Annotations of a Node that the controller writes.
CURRENT_CONFIG: Final = f"{GROUP}/currentConfig"
DESIRED_CONFIG: Final = f"{GROUP}/desiredConfig"
STATE: Final = f"{GROUP}/state"
REASON: Final = f"{GROUP}/reason"
# Present while the node is cordoned by the controller, and not by an administrator. A kubelet may
# write annotations of its Node, so the value counts whose digest the MachineConfigNode holds.
CORDONED_BY_US: Final = f"{GROUP}/cordoned"

# Annotations of a Node that an administrator writes.
# The node is left alone: no update, no check.
HOLD: Final = f"{GROUP}/hold"
# The address that reaches the node over SSH, where it differs from the InternalIP.
ADDRESS: Final = f"{GROUP}/ssh-address"
# Each a word that was not there before, by which somebody asks once: to be checked now, and to be
# brought to its config again. The MachineConfigNode says which word was answered.
CHECK: Final = f"{GROUP}/check"
RECOVER: Final = f"{GROUP}/recover"

# A taint that a kubelet may register its Node with, until the node is on its pool's config.
UNCONFIGURED: Final = f"{GROUP}/unconfigured"

# A file on a node: everything is applied again, the node is rebooted, and the file goes.
FORCE_FILE: Final = "/run/machine-config-daemon-force"

# A node's own record: in drift, it stands for one that names a config nobody knows, or none.
RECORD: Final = "/var/lib/machine-config/record.json"
# The kind of that drift where a person has given all originals back.
RESTORED: Final = "restored by hand"

# The kind of the record's drift where the MachineConfigNode was lost, until the node is looked at.
NOT_LOOKED_AT: Final = "not looked at"

# The condition of a MachineConfigNode: whether the node is otherwise than its config says.
DRIFTED: Final = "Drifted"

# Conditions of a MachineConfigPool.
UPDATED: Final = "Updated"
UPDATING: Final = "Updating"
DEGRADED: Final = "Degraded"
NODE_DEGRADED: Final = "NodeDegraded"
RENDER_DEGRADED: Final = "RenderDegraded"

# Reasons of the condition Updated, where people have stopped the rollout.
PAUSED: Final = "Paused"
NODES_HELD: Final = "NodesHeld"

# The user whose SSH keys a MachineConfig holds, unless the settings name another.
BOOT_USER: Final = "boot"
