"""The chapters in order; each continues where the previous one has ended."""

from collections.abc import Callable

from tests.demo.stage import PREFIX, WORKERS, Stage

Chapter = Callable[[Stage], None]

_JOURNAL_SIZE = "[Journal]\nSystemMaxUse=200M\n"
_HEALTHY = ("pdb", "web", "--output=jsonpath={.status.currentHealthy}{'\\n'}")
_CORDON_MARK = PREFIX.replace(".", "\\.") + "cordoned"
_CORDON = f"{{.metadata.name}} {{.spec.unschedulable}} {{.metadata.annotations.{_CORDON_MARK}}}"
_CORDONS = ("nodes", f"--output=jsonpath={_CORDON}{{'\\n'}}")


def defaults_appear(stage: Stage) -> None:
    """The controller starts on an empty cluster."""
    boots = stage.boots()
    with stage.watching(*_CORDONS) as cordons:
        stage.controller.start()
        stage.eventually(lambda: stage.pool() and stage.pool("master"), "the default pools exist")
        stage.rolled_out()
        stage.eventually(
            lambda: stage.condition("Updated", "master").get("status") == "True",
            "the control plane is Done",
        )
    stage.kubectl("get", "machineconfigpools,machineconfigs,machineconfigurations")
    stage.kubectl("get", "machineconfignodes")
    assert stage.pool()["status"]["machineCount"] == len(WORKERS)
    assert stage.pool("master")["status"]["machineCount"] == 1
    assert {stage.annotation(node, "state") for node in ("cp-1", *WORKERS)} == {"Done"}
    assert stage.boots() == boots, "no node is rebooted"
    assert not _cordoned(cordons), "no node is cordoned"
    stage.narrator.explain("The defaults exist, every node is Done, and no node was rebooted.")


def a_service_is_restarted(stage: Stage) -> None:
    """A file for which the policy restarts a service; the policy is applied just after the file."""
    boots, before = stage.boots(), stage.target()
    invocations = {node: _invocation(stage, node) for node in WORKERS}
    with stage.watching(*_CORDONS) as cordons:
        stage.apply("10-journal-size.yaml", "disruption-policy.yaml")
        stage.rolled_out(beyond=before)
    stage.kubectl("get", "mcp", "worker")
    for node in WORKERS:
        path = "/etc/systemd/journald.conf.d/10-size.conf"
        assert stage.sudo(node, "cat", path) == _JOURNAL_SIZE
        assert stage.sudo(node, "stat", "--format=%a %U %G", path) == "644 root root\n"
        assert _invocation(stage, node) != invocations[node], "the service is restarted"
    assert stage.boots() == boots
    assert not _cordoned(cordons)
    stage.narrator.explain("journald was restarted on each worker; none was cordoned or rebooted.")


def a_reboot_rolls_through(stage: Stage) -> None:
    """A new unit requires a reboot: one worker at a time, within an application's budget."""
    stage.start_web()
    boots, before = stage.boots(), stage.target()
    ids = {node: stage.lab.boot_id(node) for node in WORKERS}
    with stage.watching(*_CORDONS) as cordons, stage.watching(*_HEALTHY) as healthy:
        _a_budget_blocks_the_drain(stage)
        with stage.showing("mcp", "worker"):
            stage.rolled_out(beyond=before)
    for node in WORKERS:
        assert stage.boots()[node] == boots[node] + 1, f"{node} is rebooted exactly once"
        assert stage.lab.boot_id(node) != ids[node]
        assert stage.sudo(node, "systemctl", "is-active", "greeting.service") == "active\n"
        motd = "This node is managed. {{ nothing here is a template }}\n"
        assert stage.sudo(node, "cat", "/etc/motd") == motd
        assert stage.progress(node)["bootID"] == stage.lab.boot_id(node)
        assert not stage.node(node)["spec"].get("unschedulable")
    assert _cordoned(cordons) == list(WORKERS), "one after the other, the oldest first"
    assert _most_at_once(cordons) == 1
    assert min(int(count) for count in healthy if count.strip()) >= 2, "the budget is respected"
    stage.narrator.explain("Each was cordoned, drained, rebooted once, verified and uncordoned.")


def _a_budget_blocks_the_drain(stage: Stage) -> None:
    """Block the first drain, read the blocker from the status, and relax the budget."""
    stage.kubectl("patch", "pdb", "web", "--type=merge", '--patch={"spec":{"minAvailable":3}}')
    stage.apply("20-greeting.yaml")
    stage.eventually(lambda: stage.progress("w-1").get("blockedBy"), "the drain is blocked")
    blocker = stage.progress("w-1")["blockedBy"][0]
    stage.kubectl("get", "machineconfignode", "w-1")
    stage.eventually(
        lambda: blocker["pod"] in stage.condition("Updating")["message"], "its pool reports it"
    )
    stage.kubectl("get", "mcp", "worker", _message_of("Updating"))
    assert blocker["pod"].startswith("default/web-")
    assert blocker["podDisruptionBudget"] == "default/web"
    assert "PodDisruptionBudget default/web" in stage.condition("Updating")["message"]
    assert not stage.sudo("w-1", "ls", "/etc/systemd/system/greeting.service"), "nothing is applied"
    stage.narrator.explain("The budget allows no eviction: the status names pod and budget.")
    stage.kubectl("patch", "pdb", "web", "--type=merge", '--patch={"spec":{"minAvailable":2}}')
    stage.narrator.explain("The budget is relaxed, and the rollout continues by itself.")


def invalid_configs_change_no_node(stage: Stage) -> None:
    """Two invalid MachineConfigs."""
    before, nodes = stage.target(), _configs(stage)
    for name, machine_config, path in (
        ("broken/bad-unit.yaml", "60-bad-unit", "spec.config.systemd.units.0.contents"),
        ("broken/bad-disk.yaml", "61-bad-disk", "spec.config.storage.disks"),
    ):
        stage.apply(name)
        stage.eventually(
            lambda: stage.condition("RenderDegraded")["status"] == "True", "the pool reports it"
        )
        message = stage.condition("RenderDegraded")["message"]
        stage.kubectl("get", "mcp", "worker", _message_of("RenderDegraded"))
        assert machine_config in message
        assert path in message
        stage.kubectl("delete", "machineconfig", machine_config)
        stage.eventually(
            lambda: stage.condition("RenderDegraded")["status"] == "False",
            "the pool is healthy again",
        )
    assert stage.target() == before
    assert _configs(stage) == nodes, "no node is changed"
    stage.narrator.explain(
        "The message names the MachineConfig and the JSON path; no node was changed."
    )


def drift_is_found(stage: Stage) -> None:
    """A managed file is changed by hand."""
    path = "/etc/systemd/journald.conf.d/10-size.conf"
    stage.narrator.explain("The controller is restarted with a check interval of 4 s.")
    assert stage.controller.stop() == 0
    stage.controller.start(MACHINECONFIG_CHECK_INTERVAL="4")
    stage.narrator.explain(f"On w-2, by hand: echo '# my own' >> {path}")
    stage.lab.ssh("w-2", f"echo '# my own' | sudo tee --append {path}")
    stage.eventually(lambda: stage.annotation("w-2", "state") == "Degraded", "the drift is found")
    stage.kubectl("get", "machineconfignodes")
    assert path in stage.annotation("w-2", "reason")
    assert stage.progress("w-2")["drift"] == [{"path": path, "kind": "content"}]
    stage.eventually(
        lambda: "w-2" in stage.condition("NodeDegraded")["message"], "its pool reports it"
    )
    assert stage.sudo("w-2", "cat", path) == f"{_JOURNAL_SIZE}# my own\n", "never overwritten"
    stage.narrator.explain("The node is Degraded and names the path. Now it is fixed by hand.")
    stage.lab.ssh("w-2", f"sudo sed --in-place '$d' {path}")
    stage.eventually(lambda: stage.annotation("w-2", "state") == "Done", "the node is Done again")
    stage.eventually(
        lambda: stage.condition("NodeDegraded")["status"] == "False", "its pool is healthy again"
    )
    stage.kubectl("get", "machineconfignode", "w-2")
    assert stage.controller.stop() == 0
    stage.controller.start()


def a_paused_pool_waits(stage: Stage) -> None:
    """A paused pool renders and updates no node; after resuming, SSH keys are added."""
    before, nodes = stage.target(), _configs(stage)
    for node in WORKERS:
        stage.lab.ssh(node, "sudo install -d -m 700 -o boot -g boot /home/boot/.ssh")
        own = "echo ssh-ed25519 AAAA own@example.com"
        stage.lab.ssh(node, f"{own} | sudo -u boot tee /home/boot/.ssh/authorized_keys")
    stage.kubectl("patch", "mcp", "worker", "--type=merge", '--patch={"spec":{"paused":true}}')
    stage.apply("40-ssh-keys.yaml")
    stage.eventually(lambda: stage.target() != before, "the change is rendered")
    stage.kubectl("get", "mcp", "worker")
    assert _configs(stage) == nodes, "a paused pool updates no node"
    stage.narrator.explain("Rendered, and no node was changed.")
    patch = '--patch={"spec":{"paused":false,"maxUnavailable":"100%"}}'
    stage.kubectl("patch", "mcp", "worker", "--type=merge", patch)
    stage.rolled_out(beyond=before)
    keys = "/home/boot/.ssh/authorized_keys"
    for node in WORKERS:
        assert stage.sudo(node, "stat", "--format=%a %U %G", keys) == "600 boot boot\n"
        assert stage.sudo(node, "stat", "--format=%a %U", "/home/boot/.ssh") == "700 boot\n"
        lines = stage.sudo(node, "cat", keys).splitlines()
        assert "ssh-ed25519 AAAA own@example.com" in lines, "the user's own key stays"
        assert any(line.endswith("operator@example.com") for line in lines)
    stage.kubectl("patch", "mcp", "worker", "--type=merge", '--patch={"spec":{"maxUnavailable":1}}')
    stage.narrator.explain(
        "The keys are added beside the user's own; mode 0600, owned by the boot user."
    )


def a_deleted_config_restores_the_originals(stage: Stage) -> None:
    """A MachineConfig is deleted, and the controller is killed three times on the way."""
    boots, before = stage.boots(), stage.target()
    pdb = ("patch", "pdb", "web", "--type=merge")
    stage.kubectl(*pdb, '--patch={"spec":{"minAvailable":3}}')
    stage.kubectl("delete", "machineconfig", "20-greeting")
    stage.eventually(lambda: stage.progress("w-1").get("phase") == "Drain", "w-1 is draining")
    _kill(stage, "during the drain of w-1")
    stage.kubectl(*pdb, '--patch={"spec":{"minAvailable":2}}')
    with stage.watching(
        "machineconfignode", "w-2", "--output=jsonpath={.status.phase}{'\\n'}"
    ) as phases:
        stage.eventually(lambda: "Apply\n" in phases, "w-2 applies")
        _kill(stage, "during the apply on w-2")
    stage.eventually(lambda: stage.boots()["w-3"] > boots["w-3"], "w-3 reboots")
    _kill(stage, "right after the reboot of w-3 was ordered")
    stage.rolled_out(beyond=before)
    stage.kubectl("get", "machineconfignodes")
    for node in WORKERS:
        assert stage.boots()[node] == boots[node] + 1, f"{node} is rebooted exactly once"
        original = stage.sudo(node, "stat", "--format=%a %U %G", "/etc/motd")
        assert original == "644 root root\n"
        assert "GNU/Linux" in stage.sudo(node, "cat", "/etc/motd"), "the original is restored"
        state = stage.sudo(node, "systemctl", "show", "-PLoadState", "greeting.service")
        assert state == "not-found\n", "the managed unit is gone"
        assert not stage.node(node)["spec"].get("unschedulable")
    stage.narrator.explain("The original file is restored, the unit is gone; one reboot per node.")


def _kill(stage: Stage, when: str) -> None:
    stage.narrator.explain(f"kill -KILL the controller {when}, and start it again.")
    stage.controller.kill()
    stage.controller.start()


def _message_of(condition: str) -> str:
    return f'--output=jsonpath={{.status.conditions[?(@.type=="{condition}")].message}}'


def _invocation(stage: Stage, node: str) -> str:
    return stage.sudo(node, "systemctl", "show", "-PInvocationID", "systemd-journald.service")


def _configs(stage: Stage) -> list[tuple[str, str, int]]:
    """Return everything that would change if a node were updated."""
    boots = stage.boots()
    return [
        (stage.annotation(node, "currentConfig"), stage.annotation(node, "state"), boots[node])
        for node in WORKERS
    ]


def _cordoned(lines: list[str]) -> list[str]:
    """Return the nodes that were cordoned, in order, each once."""
    return list(dict.fromkeys(line.split()[0] for line in lines if " true" in line))


def _most_at_once(lines: list[str]) -> int:
    most = 0
    down: set[str] = set()
    for line in lines:
        node, cordoned = line.split()[0], " true" in line
        down = down | {node} if cordoned else down - {node}
        most = max(most, len(down))
    return most


CHAPTERS: tuple[Chapter, ...] = (
    defaults_appear,
    a_service_is_restarted,
    a_reboot_rolls_through,
    invalid_configs_change_no_node,
    drift_is_found,
    a_paused_pool_waits,
    a_deleted_config_restores_the_originals,
)
