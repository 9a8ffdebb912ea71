PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LAB_DIR ?= .lab
export LAB_DIR

.PHONY: venv lab lab-down

# The virtual environment with everything for development.
venv: $(VENV)/.complete

$(VENV)/.complete: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update && apt-get install --yes python3-venv; } || \
		{ echo "make: Python has no ensurepip; as root run: apt-get install python3-venv" >&2; exit 1; }
	@echo "make: installing into $(VENV) (a minute or two)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

# A control plane and four machines that stay until lab-down.
lab: venv
	@$(BIN)/python -m tests.lab up

lab-down: venv
	@$(BIN)/python -m tests.lab down
