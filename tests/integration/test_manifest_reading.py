"""How manifests are read here, compared with what kubectl sends and a real API server stores."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from controller.api.names import API_VERSION, BOOT_USER
from controller.manifests.document import Document
from controller.manifests.reader import read
from controller.validation.review import review
from tests.conftest import ApiServer
from tests.contract.crds import Kubectl, install

HEAD = f"""
apiVersion: {API_VERSION}
kind: MachineConfig
metadata:
  name: odd
spec:
  config:
    ignition:
      version: 3.4.0"""

# A free-form part of a config in all notations of YAML.
ODD = r"""
    octal: [0644, 0o644, 0O644, -0644, 08, 00]
    integers: [0x1F, -0x1f, 0b101, 1_000, +7, 9223372036854775807, -9223372036854775808]
    beyond: [9223372036854775808, 18446744073709551615, 18446744073709551616, 1e21, -1e400]
    floats: [1.0, 1., .5, -.5, 1e3, 1.5e-7, 1_0.5, 0.1, -0.0, 123456789.123456789]
    times: [1:30, 190:20:30, 2001-12-14, 2001-12-14t21:59:43.10-05:00]
    booleans: [y, Y, yes, On, ON, true, TRUE, n, N, no, Off, OFF, false, False]
    words: [yEs, tRue, nUll, oN, Infinity, .Infinity, 0x, 0b2, 0o8, _1, 1e, ., +., 3.4.0]
    nulls: [~, null, Null, NULL, !!null '']
    quoted: ['0644', "yes", 'null', "\x41\u00e9\U0001F600\t"]
    tags: [!!str 12, !!int "0x10", !!float 3, !!bool "on", !custom 12, ! 12, !!binary aGVsbG8=]
    0644: octal key
    yes: boolean key
    0x10: hexadecimal key
    "1.5": quoted key
    base: &base {a: 1, b: [x, y]}
    merged: {<<: *base, b: mine}
    first: {<<: [*base, {a: 9, c: 3}]}
    ? long
    : key
    literal: |
      two

        lines
    kept: |+
      with their end

    folded: >-
      one
      line

      and another
    plain: some
      more  # and a comment
    unicode: "\u2028é"
"""


JSON = f"""{{
  "apiVersion": "{API_VERSION}", "kind": "MachineConfig", "metadata": {{"name": "odd"}},
  "spec": {{"config": {{"ignition": {{"version": "3.4.0"}},
    "numbers": [1, -0, 1.0, 1.50, 1e3, 1E-2, 9223372036854775808, 12345678901234567890123],
    "texts": ["\\u00e9\\ud83d\\ude00", "\\/", "\\ud800", "0644", "yes"],
    "words": [true, false, null]
  }}}}
}}"""


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer) -> Kubectl:
    return install(api_server)


@pytest.fixture
def store(kubectl: Kubectl) -> Iterator[Callable[[str], Any]]:
    """Applies the MachineConfig `odd`, and returns the spec that the API server has stored."""

    def applied(text: str) -> Any:  # noqa: ANN401 - plain data
        done = kubectl("apply", "--server-side", "-f", "-", stdin=text)
        assert done.returncode == 0, done.stderr
        shown = kubectl("get", "machineconfig", "odd", "-o", "json")
        return json.loads(shown.stdout)["spec"]

    yield applied
    kubectl("delete", "machineconfig", "odd", "--ignore-not-found")


def ours(text: str) -> Any:  # noqa: ANN401 - plain data
    (document,) = read("-", text.encode())
    assert isinstance(document, Document), document
    return document.content["spec"]


def exactly(value: object) -> str:
    """Return JSON that distinguishes 1 from 1.0 and from true."""
    return json.dumps(value, sort_keys=True, indent=1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + ODD, id="YAML"),
        pytest.param((HEAD + ODD).replace("\n", "\r\n"), id="YAML with CRLF"),
        pytest.param(JSON, id="JSON"),
    ],
)
def test_a_manifest_is_read_as_kubectl_sends_it(text: str, store: Callable[[str], Any]) -> None:
    assert exactly(ours(text)) == exactly(store(text))


@pytest.mark.parametrize(
    ("kind", "name", "spec", "field"),
    [
        ("MachineConfig", "example", "{konfig: {}}", "spec.konfig"),
        ("MachineConfig", "example", "{kernelArgument: []}", "spec.kernelArgument"),
        ("MachineConfigPool", "example", "{maxUnavailible: 1}", "spec.maxUnavailible"),
        (
            "MachineConfigPool",
            "example",
            "{nodeSelector: {matchLabel: {a: b}}}",
            "spec.nodeSelector.matchLabel",
        ),
        (
            "MachineConfiguration",
            "cluster",
            "{nodeDisruptionPolicy: {files: [{path: /etc/a, actions: [], action: 1}]}}",
            "spec.nodeDisruptionPolicy.files[0].action",
        ),
        ("MachineConfigPool", "example, label: {}", "{}", "metadata.label"),
    ],
)
def test_an_unknown_field_that_kubectl_refuses_is_an_error_here(
    kind: str, name: str, spec: str, field: str, kubectl: Kubectl
) -> None:
    text = f"""
        {{apiVersion: {API_VERSION}, kind: {kind}, metadata: {{name: {name}}}, spec: {spec}}}
    """

    refused = kubectl("create", "--dry-run=server", "-f", "-", stdin=text)
    assert f'unknown field "{field}"' in refused.stderr
    errors = [each.path for each in review(read("-", text.encode()), BOOT_USER).problems]
    assert field.replace("[0]", ".0") in errors


@pytest.mark.parametrize(
    "metadata",
    [
        "{name: Upper}",
        "{name: a_b}",
        "{name: x, labels: {-a: b}}",
        "{name: x, labels: {a/b/c: d}}",
        "{name: x, labels: {a: -b}}",
        "{name: x, labels: {a: 5}}",
        "{name: x, annotations: {a b: c}}",
        "{name: x, annotations: {a: true}}",
        "{labels: {}}",
    ],
)
def test_metadata_that_kubectl_cannot_apply_is_an_error_here(
    metadata: str, kubectl: Kubectl
) -> None:
    text = f"{{apiVersion: {API_VERSION}, kind: MachineConfig, metadata: {metadata}}}"

    assert kubectl("apply", "--dry-run=server", "-f", "-", stdin=text).returncode != 0
    problems = review(read("-", text.encode()), BOOT_USER).problems
    assert [each for each in problems if each.severity == "error"]


@pytest.mark.parametrize(
    "metadata",
    [
        "{name: a.b-c.9}",
        "{name: x, labels: , annotations: ~}",
        "{name: x, labels: {example.com/A_b.c: '', b: C_.-d}}",
        "{name: x, annotations: {example.com/a: 'anything / at ~ all'}}",
        "{name: x, finalizers: [], managedFields: [], creationTimestamp: null}",
    ],
)
def test_metadata_that_kubectl_applies_is_accepted_here(metadata: str, kubectl: Kubectl) -> None:
    text = f"{{apiVersion: {API_VERSION}, kind: MachineConfig, metadata: {metadata}}}"

    applied = kubectl("apply", "--dry-run=server", "-f", "-", stdin=text)
    assert applied.returncode == 0, applied.stderr
    problems = review(read("-", text.encode()), BOOT_USER).problems
    assert [each for each in problems if each.severity == "error"] == []


def test_several_objects_printed_by_kubectl_are_read_one_by_one(
    store: Callable[[str], Any], kubectl: Kubectl
) -> None:
    store(HEAD)

    for form in ("yaml", "json"):
        printed = kubectl("get", "machineconfigs", "-o", form).stdout
        names = [
            each.content["metadata"]["name"]
            for each in read("-", printed.encode())
            if isinstance(each, Document)
        ]
        assert "odd" in names
        problems = review(read("-", printed.encode()), BOOT_USER).problems
        of_it = [each for each in problems if each.object == "MachineConfig odd"]
        assert [each for each in of_it if each.severity == "error"] == []
