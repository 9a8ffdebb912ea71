"""The names that users, nodes and other programs see, each defined once."""

from typing import Final

GROUP: Final = "machineconfiguration.alauda.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

MACHINE_CONFIGS: Final = "machineconfigs"
MACHINE_CONFIG_POOLS: Final = "machineconfigpools"
MACHINE_CONFIGURATIONS: Final = "machineconfigurations"
MACHINE_CONFIG_NODES: Final = "machineconfignodes"

# The controller's namespace and account, as in `deploy/`.
NAMESPACE: Final = "machine-config"
SERVICE_ACCOUNT: Final = "machine-config-controller"
# The Lease of the replica that leads.
LEASE: Final = "machine-config-controller"

# The label of the controller's pods, with the value SERVICE_ACCOUNT; the role drain uses it too.
APP_LABEL: Final = "app.kubernetes.io/name"

# The only valid name of a MachineConfiguration.
CLUSTER: Final = "cluster"

# The prefix of rendered MachineConfigs.
RENDERED_PREFIX: Final = "rendered-"

# The label of a MachineConfig that names the role whose pool selects it.
ROLE_LABEL: Final = f"{GROUP}/role"

# The default roles, which are also the names of the default pools.
MASTER: Final = "master"
WORKER: Final = "worker"

# The labels of a control plane Node (either one).
CONTROL_PLANE_NODE_LABEL: Final = "node-role.kubernetes.io/control-plane"
MASTER_NODE_LABEL: Final = "node-role.kubernetes.io/master"
CONTROL_PLANE_LABELS: Final = frozenset({CONTROL_PLANE_NODE_LABEL, MASTER_NODE_LABEL})

# Annotations of a Node that the controller writes.
CURRENT_CONFIG: Final = f"{GROUP}/currentConfig"
DESIRED_CONFIG: Final = f"{GROUP}/desiredConfig"
STATE: Final = f"{GROUP}/state"
REASON: Final = f"{GROUP}/reason"
# Present while the node is cordoned by the controller, and not by an administrator. A kubelet may
# write annotations of its Node, so only the value whose digest is in the MachineConfigNode counts.
CORDON_MARK: Final = f"{GROUP}/cordoned"

# Annotations of a Node that an administrator writes.
# The node gets no update and no check.
HOLD: Final = f"{GROUP}/hold"
# The node's address for SSH, if it differs from the InternalIP.
ADDRESS: Final = f"{GROUP}/ssh-address"
# Requests for one drift check, and to apply the current config again. The value is a new nonce; the
# MachineConfigNode contains the last one that was handled.
CHECK: Final = f"{GROUP}/check"
RECOVER: Final = f"{GROUP}/recover"
# Lets one update of a control plane node begin though the quorum of the others is in doubt. The
# value is a new nonce too.
WITHOUT_QUORUM: Final = f"{GROUP}/without-quorum"

# A taint that a kubelet may register its Node with, until the node runs its pool's config.
UNCONFIGURED: Final = f"{GROUP}/unconfigured"

# If this file exists on a node, everything is applied again, the node reboots, and it is deleted.
FORCE_FILE: Final = "/run/machine-config-daemon-force"

# The path of the node's record. As drift, it means that the record's config is unknown or missing.
RECORD: Final = "/var/lib/machine-config/record.json"
# The drift of the record after an administrator restored all originals by hand.
RESTORED: Final = "restoredByHand"

# The drift of the record after the MachineConfigNode was lost, until the node was checked.
NOT_CHECKED: Final = "notChecked"

# The drift of a node on which the force file exists.
FORCED: Final = "forceFile"

# These kinds of drift as version 0.1 has written them.
OLD_KINDS: Final = {
    "restored by hand": RESTORED,
    "not looked at": NOT_CHECKED,
    "force file": FORCED,
}

# The condition of a MachineConfigNode: whether the node differs from its current config.
DRIFTED: Final = "Drifted"

# Conditions of a MachineConfigPool.
UPDATED: Final = "Updated"
UPDATING: Final = "Updating"
DEGRADED: Final = "Degraded"
NODE_DEGRADED: Final = "NodeDegraded"
RENDER_DEGRADED: Final = "RenderDegraded"

# Reasons of the condition Updated while an administrator stops the rollout, and while nodes wait
# and none is in an update.
PAUSED: Final = "Paused"
NODES_HELD: Final = "NodesHeld"
WAITING: Final = "Waiting"
# The same while a node waits until an administrator has made something known.
NEEDS_USER: Final = "NeedsUser"

# The user whose SSH keys are managed, unless the settings name another.
BOOT_USER: Final = "boot"
