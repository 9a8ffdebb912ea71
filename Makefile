PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LAB_DIR ?= .lab
export LAB_DIR
# Programs that the virtual environment brings call each other.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# All that are in molecule/, but for what they share; or the one that is asked for.
SCENARIOS := $(or $(SCENARIO),$(filter-out default,$(patsubst molecule/%/molecule.yml,%,$(wildcard molecule/*/molecule.yml))))
SCENARIOS := $(if $(filter 0,$(shell id -u)),$(SCENARIOS:%=molecule-%),molecule-needs-root)

.PHONY: help demo test fast integration molecule molecule-needs-root lint lab run lab-down bench venv

help:
	@echo "make demo      sets everything up, shows the main job on real machines, and ends (KEEP=1: stays)"
	@echo "make test      all tests; those on real machines need root"
	@echo "make fast      the fast ones of them"
	@echo "make molecule  the roles on real machines: all scenarios, or one: SCENARIO=files"
	@echo "make lint      ruff, mypy, import-linter, yamllint, ansible-lint"
	@echo "make lab       brings a lab up and leaves it: $(LAB_DIR)/kubeconfig, $(LAB_DIR)/ssh_config"
	@echo "make run       runs the controller against that lab"
	@echo "make lab-down  ends the lab"
	@echo "make bench     measures, as ratios that hold on any machine; on real ones it needs root"

demo: venv
	@$(BIN)/python -m tests.demo

# Scenarios mostly wait for their machines, so other tests run beside them. What plays with a whole
# cluster of machines comes last, on two labs.
test: venv
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target fast integration $(SCENARIOS)
	$(BIN)/pytest --numprocesses=2 --dist=loadfile tests/machines

integration: venv
	$(BIN)/pytest tests/integration

fast: venv
	$(BIN)/pytest tests/unit tests/contract

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
	$(BIN)/mypy controller tests
	$(BIN)/lint-imports
	cd roles/machineconfig/module_utils && lint-imports --config $(CURDIR)/.importlinter-node.toml
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --offline

# A control plane and four machines that stay until lab-down.
lab: venv
	@$(BIN)/python -m tests.lab up

run: venv
	@$(BIN)/python -m tests.lab run

lab-down: venv
	@$(BIN)/python -m tests.lab down

bench: venv
	@$(BIN)/python -m tests.bench

# The virtual environment with everything for development, as constraints.txt pins it.
venv: $(VENV)/.complete

$(VENV)/.complete: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update && apt-get install --yes python3-venv; } || \
		{ echo "make: Python has no ensurepip; as root run: apt-get install python3-venv" >&2; exit 1; }
	@echo "make: installing into $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@# Each run of Ansible is a process of its own, which else may compile what it imports.
	$(BIN)/uv pip install --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	@touch $@
