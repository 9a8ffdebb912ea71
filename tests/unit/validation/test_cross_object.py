"""Problems of several objects together, although each is valid by itself."""

from controller.api.names import API_VERSION
from controller.manifests.problem import Problem
from controller.manifests.reader import read
from controller.validation.review import review


def machine_config(name: str, file: str, role: str | None = "worker") -> str:
    """Return a MachineConfig with one file."""
    labels = (
        f"labels: {{machineconfiguration.alauda.io/role: {role}}}" if role else "labels: {a: b}"
    )
    return f"""\
apiVersion: {API_VERSION}
kind: MachineConfig
metadata: {{name: {name}, {labels}}}
spec:
  config:
    ignition: {{version: 3.4.0}}
    storage: {{files: [{file}]}}
"""


def pool(name: str, labels: str) -> str:
    """Return a pool that selects MachineConfigs with these labels."""
    return f"""\
apiVersion: {API_VERSION}
kind: MachineConfigPool
metadata: {{name: {name}}}
spec:
  machineConfigSelector: {{matchLabels: {labels}}}
  nodeSelector: {{matchLabels: {{node-role.kubernetes.io/{name}: ""}}}}
"""


def problems(*texts: str) -> tuple[Problem, ...]:
    """Return the problems of these documents, each in a file of its own: a, b, c."""
    files = zip("abcdefgh", texts, strict=False)
    return review(
        (each for name, text in files for each in read(name, text.encode())), "boot"
    ).problems


FOLDER = "{path: /etc/app}"
BELOW = "{path: /etc/app/conf}"


def test_duplicate_objects_are_reported() -> None:
    (problem,) = problems(machine_config("one", FOLDER), machine_config("one", FOLDER))

    assert (problem.file, problem.line, problem.path) == ("b", 3, "metadata.name")
    assert problem.reason == "MachineConfig one is defined twice, first in a:1"


def test_objects_of_different_kinds_may_have_the_same_name() -> None:
    assert problems(machine_config("one", FOLDER), pool("one", "{a: b}")) == ()


def test_a_merge_conflict_is_reported_without_a_pool_in_the_files() -> None:
    (problem,) = problems(machine_config("10-a", FOLDER), machine_config("20-b", BELOW))

    assert problem.severity == "error"
    assert problem.path == "spec.config"
    assert "/etc/app is a file, not a directory" in problem.reason
    assert problem.remedy


def test_a_merge_conflict_is_reported_once_for_all_pools() -> None:
    both = (machine_config("10-a", FOLDER), machine_config("20-b", BELOW))

    assert len(problems(*both, pool("infra", "{b: c}"), pool("edge", "{c: d}"))) == 1


def test_a_custom_pool_inherits_from_worker() -> None:
    custom = machine_config("20-b", BELOW, role="infra")
    infra = pool("infra", "{machineconfiguration.alauda.io/role: infra}")

    assert len(problems(machine_config("10-a", FOLDER), custom, infra)) == 1


def test_machine_configs_of_different_pools_may_conflict() -> None:
    assert problems(machine_config("10-a", FOLDER), machine_config("20-b", BELOW, "master")) == ()


def test_an_error_of_a_single_object_is_reported_once() -> None:
    (problem,) = problems(machine_config("10-a", "{path: etc}"), machine_config("20-b", BELOW))

    assert problem.path == "spec.config.storage.files.0.path"


def test_a_pool_in_the_files_may_select_by_any_label() -> None:
    alone = machine_config("10-a", FOLDER, role=None)

    assert [each.path for each in problems(alone)] == ["metadata.labels"]
    assert problems(alone, pool("infra", "{a: b}")) == ()


def test_a_role_that_no_pool_selects_is_reported_with_a_suggestion() -> None:
    (problem,) = problems(machine_config("one", FOLDER, role="wroker"))

    assert (problem.severity, problem.remedy) == ("warning", "did you mean worker?")
    assert "no pool here selects the role wroker; there are master, worker" in problem.reason


def test_a_role_of_a_pool_in_the_files_is_accepted() -> None:
    gpu = pool("gpu", "{machineconfiguration.alauda.io/role: gpu}")

    assert problems(gpu, machine_config("one", FOLDER, role="gpu")) == ()


def test_more_machine_configs_than_a_pool_allows_are_reported() -> None:
    many = (f"---\n{machine_config(f'n-{number}', FOLDER)}" for number in range(1001))

    (problem,) = problems("".join(many))

    assert (problem.severity, problem.object) == ("error", "pool worker")
    assert "selects 1001 MachineConfigs, more than 1000" in problem.reason


def test_too_many_pools_and_machine_configs_are_reported() -> None:
    configs = (f"---\n{machine_config(f'n-{number}', FOLDER)}" for number in range(500))
    pools = (f"---\n{pool(f'p-{number}', '{a: b}')}" for number in range(40))

    (problem,) = problems("".join((*configs, *pools)))

    assert problem.severity == "error"
    assert problem.reason == "42 pools with 500 MachineConfigs are too many to validate together"
    assert problem.remedy == "validate fewer files at once"
