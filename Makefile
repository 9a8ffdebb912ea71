PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python
LAB_DIR ?= .lab
export LAB_DIR
# Programs that the virtual environment brings call each other.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# All that are in molecule/, but for what they share; or the one that is asked for.
SCENARIOS := $(or $(SCENARIO),$(filter-out default,$(patsubst molecule/%/molecule.yml,%,$(wildcard molecule/*/molecule.yml))))
SCENARIOS := $(if $(filter 0,$(shell id -u)),$(SCENARIOS:%=molecule-%),molecule-needs-root)

# The packages that know no client, clock, log or machine.
PURE := api ignition logins manifests planning rendering validation

.PHONY: help demo test unit fast integration molecule molecule-needs-root coverage matrix lint audit lab run lab-down bench venv lock

help:
	@echo "make demo      sets everything up, shows the main job on real machines, and ends (KEEP=1: stays)"
	@echo "make test      all tests; those on real machines need root"
	@echo "make unit      the unit tests, on all cores"
	@echo "make fast      the unit and contract tests; the latter need root for an API server"
	@echo "make coverage  the unit tests of the pure packages, with the branches that they cover"
	@echo "make matrix    the unit tests on each supported Python that is installed"
	@echo "make molecule  the roles on real machines: all scenarios, or one: SCENARIO=files"
	@echo "make lint      ruff, mypy, import-linter, codespell, yamllint, ansible-lint, licences"
	@echo "make audit     known vulnerabilities of the locked packages; asks PyPI"
	@echo "make lab       brings a lab up and leaves it: $(LAB_DIR)/kubeconfig, $(LAB_DIR)/ssh_config"
	@echo "make run       runs the controller against that lab"
	@echo "make lab-down  ends the lab"
	@echo "make bench     measures, as ratios that hold on any machine; on real ones it needs root"
	@echo "make lock      renews requirements.lock from pyproject.toml (UPGRADE=1: with the newest versions)"

demo: venv
	@$(BIN)/python -m tests.demo

# Scenarios mostly wait for their machines, so other tests run beside them. What plays with a whole
# cluster of machines comes last, on two labs.
test: venv
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target fast integration $(SCENARIOS)
	$(BIN)/pytest --numprocesses=2 --dist=loadfile tests/machines

integration: venv
	$(BIN)/pytest tests/integration

unit: venv
	$(BIN)/pytest --numprocesses=auto tests/unit

fast: venv
	$(BIN)/pytest tests/unit tests/contract

coverage: venv
	$(BIN)/pytest $(PURE:%=tests/unit/%) tests/unit/reconcile/test_stories.py $(PURE:%=--cov=controller.%) --cov=controller.suggestions --cov-report=term:skip-covered

matrix:
	@.ci/matrix unit

# Two scenarios at a time: each has machines of its own, and mostly waits for them.
molecule: venv
	@$(MAKE) --no-print-directory $(if $(SCENARIO),,--jobs=2 --output-sync=target) $(SCENARIOS)

# Molecule keeps its machines and what it knows of them beside the lab, so that checkouts of one
# name do not meet in the home directory.
molecule-%: export ANSIBLE_HOME = $(abspath $(LAB_DIR))-molecule
molecule-%: export MOLECULE_COMMAND_BORDERS = 0
molecule-%: venv
	@$(BIN)/molecule --base-config .config/molecule/config.yml test --scenario-name $*

molecule-needs-root:
	@echo "NOT TESTED: the molecule scenarios on real machines need root (sudo)" >&2
	@[ "$$CI" != true ]

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy controller tests .ci/licences.py roles/machineconfig/module_utils/machineconfig_node
	$(BIN)/lint-imports
	cd roles/machineconfig/module_utils && lint-imports --config $(CURDIR)/.importlinter-node.toml
	$(BIN)/codespell
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --offline
	$(BIN)/python .ci/licences.py

# Not part of lint: whether a package is known to be vulnerable changes without a commit.
audit: venv
	$(BIN)/uv tool run pip-audit --disable-pip --require-hashes --requirement requirements.lock

# A control plane and four machines that stay until lab-down.
lab: venv
	@$(BIN)/python -m tests.lab up

run: venv
	@$(BIN)/python -m tests.lab run

lab-down: venv
	@$(BIN)/python -m tests.lab down

bench: venv
	@$(BIN)/python -m tests.bench

# The virtual environment with everything for development, as requirements.lock pins it by hashes:
# uv first, which installs the rest. Each run of Ansible is a process of its own, which would
# otherwise compile what it imports.
venv: $(VENV)/.complete

$(VENV)/.complete: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update && apt-get install --yes python3-venv; } || \
		{ echo "make: Python has no ensurepip; as root run: apt-get install python3-venv" >&2; exit 1; }
	@echo "make: installing into $(VENV)"
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/# via/p' requirements.lock | \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement /dev/stdin
	$(INSTALL) --compile-bytecode --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# Keeps the versions that still fit; UPGRADE=1 takes the newest.
lock: venv
	$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file requirements.lock
