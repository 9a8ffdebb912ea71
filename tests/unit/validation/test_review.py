"""All problems of an object are reported at once, with their place and remedy."""

from textwrap import dedent

import pytest

from controller.api.names import API_VERSION
from controller.api.node_labels import REMEDY
from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.manifests.reader import read
from controller.rendering.render import stored_size
from controller.validation.review import Review, review

NODES = "nodeSelector: {matchLabels: {node-role.kubernetes.io/a: b}}"
WORKER = "{machineconfiguration.alauda.io/role: worker}"


def review_text(*texts: str) -> Review:
    """Return the review of these files, named a, b, c and so on."""
    files = zip("abcdefgh", texts, strict=False)
    return review((each for name, text in files for each in read(name, text.encode())), "boot")


def of(kind: str, rest: str) -> str:
    """Return an object whose second line is the first of `rest`."""
    return f"{{apiVersion: {API_VERSION}, kind: {kind},\n{dedent(rest).strip()}\n}}"


def machine_config(config: str, metadata: str = "") -> str:
    """Return a MachineConfig whose third line is the first of `config`."""
    around = metadata or f"{{name: example, labels: {WORKER}}}"
    head = f"metadata: {around}, spec: {{config: {{ignition: {{version: 3.4.0}},"
    return of("MachineConfig", f"{head}\n{config}\n}}}}")


def pool(spec: str) -> str:
    """Return a pool whose third line is the first of `spec`, and whose selectors are filled."""
    selectors = f"machineConfigSelector: {{matchLabels: {{a: b}}}}, {NODES}"
    head = f"metadata: {{name: infra}}, spec: {{{selectors},"
    return of("MachineConfigPool", f"{head}\n{spec}\n}}")


def policy(policy: str) -> str:
    """Return a MachineConfiguration whose third line is the first of `policy`."""
    head = "metadata: {name: cluster}, spec: {nodeDisruptionPolicy:"
    return of("MachineConfiguration", f"{head}\n{policy}\n}}")


def summary(problem: Problem) -> tuple[int, str, str, str]:
    """Return the parts of a problem that the tables below contain."""
    return problem.line, problem.path, problem.reason, problem.remedy


OURS = f"write `{API_VERSION}`"
SCALAR = "write an object with apiVersion, kind, metadata and spec"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just text", [(1, "", "this is not an object", SCALAR)]),
        ("- a", [(1, "", "this is not an object", SCALAR)]),
        (
            "kind: MachineConfig\nmetadata: {name: x}",
            [(1, "apiVersion", "apiVersion is missing", f"{OURS} for these kinds")],
        ),
        (
            f"apiVersion: {API_VERSION}",
            [
                (
                    1,
                    "kind",
                    "kind is missing",
                    "write one of MachineConfig, MachineConfigPool, MachineConfiguration",
                )
            ],
        ),
        (
            "apiVersion: machineconfiguration.alauda.io/v1\nkind: MachinConfig",
            [
                (1, "apiVersion", "machineconfiguration.alauda.io has no version v1", OURS),
                (
                    2,
                    "kind",
                    "machineconfiguration.alauda.io has no kind MachinConfig",
                    "did you mean MachineConfig?",
                ),
            ],
        ),
        (
            "kind: MachineConfigPool\napiVersion: machineconfiguration.openshift.io/v1",
            [
                (
                    2,
                    "apiVersion",
                    "the group of a MachineConfigPool is machineconfiguration.alauda.io",
                    OURS,
                )
            ],
        ),
        (
            "kind: MachineConfig\napiVersion: machineconfiguration.alauda.com/v1alpha1",
            [
                (
                    2,
                    "apiVersion",
                    "the group of a MachineConfig is machineconfiguration.alauda.io",
                    OURS,
                )
            ],
        ),
    ],
)
def test_an_object_with_a_misspelled_kind_is_reported(
    text: str, expected: list[tuple[int, str, str, str]]
) -> None:
    assert [summary(each) for each in review_text(text).problems] == expected


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\ndata: {1: a}",
        "apiVersion: apps/v1\nkind: Deployment",
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration",
        "apiVersion: example.com/v1\nkind: MachineConfig",
        "apiVersion: cluster.x-k8s.io/v1beta1\nkind: MachinePool",
        f"apiVersion: {API_VERSION}\nkind: MachineConfigNode\nmetadata: {{name: worker-1}}",
    ],
)
def test_objects_of_other_groups_are_ignored(text: str) -> None:
    assert review_text(text).problems == ()


NOT_IGNITION = "this is a Butane config; nodes need an Ignition config"
BUTANE = (
    "translate it with `butane --strict FILE` (variant fcos, version 1.5.0), and use the output as "
    "spec.config of a MachineConfig"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "variant: fcos\nversion: 1.5.0\nstorage: {files: []}",
            [
                (
                    "error",
                    "variant",
                    NOT_IGNITION,
                    BUTANE,
                )
            ],
            id="Butane",
        ),
        pytest.param(
            "variant: openshift\nversion: 4.12.0\nmetadata: {name: x, labels: {a: b}}",
            [
                (
                    "error",
                    "variant",
                    NOT_IGNITION,
                    BUTANE,
                )
            ],
            id="Butane for OpenShift, which has metadata",
        ),
        pytest.param(
            "#cloud-config\nusers: []\nwrite_files: []\nruncmd: []",
            [
                (
                    "error",
                    "write_files",
                    "this is a cloud-init configuration",
                    "write a MachineConfig; `kubectl mc create` makes one of files, units and keys",
                )
            ],
            id="cloud-init",
        ),
        pytest.param(
            "resources: [a.yaml]\nnamePrefix: a-",
            [
                (
                    "error",
                    "resources",
                    "this is a kustomization",
                    "build it: kubectl kustomize FOLDER | kubectl mc validate -f -",
                )
            ],
            id="a kustomization, whose kind may be left out",
        ),
        pytest.param(
            "{ignition: {version: 2.2.0}, networkd: {units: []}}",
            [
                (
                    "error",
                    "ignition.version",
                    "version 2.2.0 is not supported: it must be from 3.0.0 to 3.4.0",
                    "translate it to 3.4.0, for example with ign-converter",
                )
            ],
            id="Ignition 2",
        ),
        pytest.param(
            "systemd: {units: []}",
            [
                (
                    "error",
                    "ignition.version",
                    "there is no version: it must be from 3.0.0 to 3.4.0",
                    "write `version: 3.4.0`",
                )
            ],
            id="Ignition without its version, as Container Linux Configs are",
        ),
        pytest.param(
            "apiVersion: machineconfiguration.openshift.io/v1\nkind: KubeletConfig",
            [
                (
                    "warning",
                    "kind",
                    "KubeletConfig is an OpenShift kind and has no effect here",
                    "write the kubelet's own configuration file as a file of a MachineConfig",
                )
            ],
            id="OpenShift's own kinds",
        ),
        pytest.param(
            f"apiVersion: {API_VERSION}\nkind: ContainerRuntimeConfig",
            [
                (
                    "error",
                    "kind",
                    "ContainerRuntimeConfig is an OpenShift kind and has no effect here",
                    "write the runtime's own configuration as a file of a MachineConfig",
                )
            ],
            id="OpenShift's own kinds in our group",
        ),
    ],
)
def test_a_document_of_another_tool_is_reported_with_a_remedy(
    text: str, expected: list[tuple[str, str, str, str]]
) -> None:
    found = review_text(text).problems

    assert [(each.severity, *summary(each)[1:]) for each in found] == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            "{config: {variant: fcos, version: 1.5.0, storage: {files: []}}}",
            [
                (
                    "spec.config.variant",
                    NOT_IGNITION,
                    (
                        "translate it with `butane --strict FILE` (variant fcos, version 1.5.0), "
                        "and use the output here"
                    ),
                )
            ],
            id="Butane in the place of Ignition",
        ),
        pytest.param(
            "{ignition: {version: 3.4.0}}",
            [("spec.ignition", "unknown field ignition", "move it below spec.config")],
            id="Ignition one level too high",
        ),
    ],
)
def test_another_language_inside_a_machine_config_is_reported_once(
    spec: str, expected: list[tuple[str, str, str]]
) -> None:
    around = f"metadata: {{name: example, labels: {WORKER}}}, spec: {spec}"
    found = review_text(of("MachineConfig", around)).problems

    assert [summary(each)[1:] for each in found] == expected


CONFIG = "spec.config.storage.files.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            machine_config("storage: {files: [{path: /etc/a,\nmode: '0644'}]}"),
            (
                4,
                f"{CONFIG}.mode",
                "must be an integer, not a string",
                "write the number 0644 in YAML or 420 in JSON, without quotes",
            ),
            id="an error of Ignition",
        ),
        pytest.param(
            machine_config("storage: {\ndisks: [{device: /dev/vdb}]}"),
            (4, "spec.config.storage.disks", "not supported", "remove it"),
            id="an unsupported config",
        ),
        pytest.param(
            of("MachineConfig", f"metadata: {{name: x, labels: {WORKER}}},\nspec: {{config: 3}}"),
            (
                3,
                "spec.config",
                "this must be an object",
                "write its fields below it, indented, one per line",
            ),
            id="a config that is not an object",
        ),
        pytest.param(
            machine_config("", f"{{name: rendered-x, labels: {WORKER}}}"),
            (
                2,
                "metadata.name",
                "only the controller writes MachineConfigs named rendered-*",
                "choose another name",
            ),
            id="the name of a rendered MachineConfig",
        ),
        pytest.param(
            machine_config("", f"{{name: Big_One, labels: {WORKER}}}"),
            (
                2,
                "metadata.name",
                '"Big_One" is not a valid object name',
                "use at most 253 of a-z, 0-9, - and . , with a letter or digit at both ends",
            ),
            id="an invalid name",
        ),
        pytest.param(
            of("MachineConfig", f"metadata: {{\nlabels: {WORKER}}}"),
            (2, "metadata.name", "name is missing", "add it"),
            id="no name",
        ),
        pytest.param(
            machine_config("", "{name: x, labels: {machineconfiguration.alauda.io/role: 5}}"),
            (
                2,
                "metadata.labels.machineconfiguration.alauda.io/role",
                "5 is not a string",
                'put it in quotes: "5"',
            ),
            id="a label that is a number",
        ),
        pytest.param(
            of("MachineConfig", f"metadata: {{name: x, labels: {WORKER}}},\nspec: {{konfig: 3}}"),
            (3, "spec.konfig", "unknown field konfig", "did you mean config?"),
            id="an unknown field of the spec",
        ),
        pytest.param(
            of("MachineConfig", f"metadata: {{name: x, labels: {WORKER},\nannotation: {{}}}}"),
            (
                3,
                "metadata.annotation",
                "unknown field annotation",
                "did you mean annotations?",
            ),
            id="an unknown field of the metadata",
        ),
        pytest.param(
            pool("maxUnavailable: 0%"),
            (
                3,
                "spec.maxUnavailable",
                '"0%" is neither a number from 1 nor a percentage from 1% to 100%',
                'write 1 or "25%"; to stop updates set `paused: true`',
            ),
            id="maxUnavailable of zero",
        ),
        pytest.param(
            pool("paused: 'true'"),
            (3, "spec.paused", '"true" is neither true nor false', "write it without quotes"),
            id="a boolean in quotes",
        ),
        pytest.param(
            of("MachineConfigPool", "metadata: {name: x}"),
            (1, "spec", "spec is missing", "add it"),
            id="a pool without a spec",
        ),
        pytest.param(
            policy("{files: [{path: etc/a, actions: [{type: None}]}]}"),
            (
                3,
                "spec.nodeDisruptionPolicy.files.0.path",
                '"etc/a" is not a valid value',
                "write an absolute path without `//`, `.` or `..`",
            ),
            id="an invalid path",
        ),
        pytest.param(
            policy("{files: [{path: /etc/a,\nactions: [{type: restart}]}]}"),
            (
                4,
                "spec.nodeDisruptionPolicy.files.0.actions.0.type",
                '"restart" is not a valid value',
                "did you mean Restart?",
            ),
            id="an unknown action",
        ),
        pytest.param(
            policy("{sshkey: {actions: [{type: Reboot}, {type: None}]}}"),
            (
                3,
                "spec.nodeDisruptionPolicy.sshkey.actions",
                "Reboot must be the only action",
                "remove it, or the other actions",
            ),
            id="a reboot and another action",
        ),
        pytest.param(
            policy("{units: [{name: crio, actions: [{type: None}]}]}"),
            (
                3,
                "spec.nodeDisruptionPolicy.units.0.name",
                '"crio" is not a valid unit name',
                "write the full name with its suffix, for example crio.service",
            ),
            id="a unit without a suffix",
        ),
        pytest.param(
            policy("{units: {}}"),
            (
                3,
                "spec.nodeDisruptionPolicy.units",
                "this must be a list",
                "write each item below it, after a dash and a space",
            ),
            id="an object instead of a list",
        ),
        pytest.param(
            of("MachineConfiguration", "metadata: {name: other}, spec: {}"),
            (
                2,
                "metadata.name",
                "the only MachineConfiguration is named cluster",
                "set `metadata.name: cluster`",
            ),
            id="a second MachineConfiguration",
        ),
    ],
)
def test_an_error_has_a_place_a_reason_and_a_remedy(
    text: str, expected: tuple[int, str, str, str]
) -> None:
    (problem,) = review_text(text).problems

    assert problem.severity == "error"
    assert summary(problem) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            machine_config("", "{name: x, labels: {a: b}}"),
            (
                2,
                "metadata.labels",
                "it has no role label: no pool here selects it, only another custom pool could",
                "add the label `machineconfiguration.alauda.io/role: worker`",
            ),
            id="no role",
        ),
        pytest.param(
            machine_config(
                "", "{name: x, labels: {machineconfiguration.openshift.io/role: master}}"
            ),
            (
                2,
                "metadata.labels.machineconfiguration.openshift.io/role",
                "the label is of another API group, and no pool here selects it",
                "write `machineconfiguration.alauda.io/role: master`",
            ),
            id="OpenShift's role label",
        ),
        pytest.param(
            machine_config("storage: {files: [{path: /etc/a,\nmodee: 420}]}"),
            (4, f"{CONFIG}.modee", "unused key modee; did you mean mode?", ""),
            id="a key that Ignition ignores",
        ),
        pytest.param(
            machine_config("", f"{{name: x, labels: {WORKER}, namespace: kube-system}}"),
            (2, "metadata.namespace", "objects of this kind have no namespace", "remove it"),
            id="a namespace",
        ),
        pytest.param(
            pool("nodeSelector: {}").replace(f", {NODES}", ""),
            (
                3,
                "spec.nodeSelector",
                "an empty selector selects nothing: the pool has no node",
                "write `matchLabels` or `matchExpressions` below it",
            ),
            id="a pool that selects no node",
        ),
        pytest.param(
            pool("").replace("node-role.kubernetes.io/a", "a"),
            (
                2,
                "spec.nodeSelector",
                (
                    "a kubelet can set the label a on its own Node, "
                    "and so join this pool and read its files"
                ),
                REMEDY,
            ),
            id="a pool that a node can join by a label",
        ),
    ],
)
def test_a_probable_mistake_leads_to_a_warning(
    text: str, expected: tuple[int, str, str, str]
) -> None:
    (problem,) = review_text(text).problems

    assert problem.severity == "warning"
    assert summary(problem) == expected


@pytest.mark.parametrize(
    ("size", "severity", "remedy"),
    [
        (262_144, None, ""),
        (262_145, "warning", "use `kubectl apply --server-side`"),
        (1_400_000, "warning", "use `kubectl apply --server-side`"),
        (1_400_001, "error", "compress contents, or split the MachineConfig"),
    ],
)
def test_an_object_that_is_too_large_is_reported(
    size: int, severity: str | None, remedy: str
) -> None:
    url = "data:,"
    text = machine_config("storage: {files: [{path: /etc/a, contents: {source: '%s'}}]}")
    (empty,) = (each for each in read("a", (text % url).encode()) if isinstance(each, Document))
    filled = url + "x" * (size - stored_size(empty.content))

    problems = review_text(text % filled).problems
    assert [(each.severity, each.remedy) for each in problems] == (
        [(severity, remedy)] if severity else []
    )


def test_an_object_that_no_server_stores_is_not_checked_further() -> None:
    files = "{path: etc}, " * 100_000

    [problem] = review_text(machine_config(f"storage: {{files: [{files}]}}")).problems

    assert problem.reason.endswith("bytes are more than the API server stores")


def test_all_problems_of_all_objects_are_reported_in_the_order_of_the_text() -> None:
    first = machine_config("storage: {files: [{path: etc}]}", "{name: A, labels: {b: 1}}")
    problems = review_text(f"{first}\n---\na: [\n---\n{pool('paused: 1')}", "text").problems

    assert [(each.file, each.line, each.object, each.path) for each in problems] == [
        ("a", 2, "MachineConfig A", "metadata.labels.b"),
        ("a", 2, "MachineConfig A", "metadata.name"),
        ("a", 3, "MachineConfig A", "spec.config.storage.files.0.path"),
        ("a", 7, "", ""),
        ("a", 11, "MachineConfigPool infra", "spec.paused"),
        ("b", 1, "", ""),
    ]


def test_a_rendered_machine_config_from_a_cluster_is_accepted() -> None:
    owner = "{apiVersion: v1, kind: MachineConfigPool, name: worker, uid: x}"
    text = machine_config("", f"{{name: rendered-worker-1, ownerReferences: [{owner}]}}")

    assert review_text(text).problems == ()
    assert [each.name for each in review_text(text).machine_configs] == ["rendered-worker-1"]


def test_a_plain_ignition_config_is_reviewed_but_is_not_a_machine_config() -> None:
    text = "ignition: {version: 3.4.0}\nstorage:\n  files:\n  - path: etc/a\n"

    (problem,) = review_text(text).problems
    assert (problem.object, problem.path, problem.line) == (
        "Ignition config",
        "storage.files.0.path",
        4,
    )
    assert review_text(text).machine_configs == ()


def test_valid_objects_are_returned() -> None:
    found = review_text(machine_config(""), pool("paused: true"), policy("{}"))

    assert found.problems == ()
    assert [each.name for each in found.machine_configs] == ["example"]
    assert [each.name for each in found.pools] == ["infra"]
    assert found.configuration is not None


def test_a_problem_reads_as_one_line() -> None:
    (problem,) = review_text(pool("paused: 1")).problems

    assert str(problem) == (
        "a:3: MachineConfigPool infra: spec.paused: 1 is neither true nor false"
        " (write it without quotes)"
    )
