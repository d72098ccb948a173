# `make demo` shows bifront at work; `make test` runs the whole suite.
# Both need only Python 3.11 or newer: PYTHON=python3.12 names another one.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MANIFESTS := pyproject.toml setup.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench clean

help:
	@echo 'make demo   compare one model, written in both styles'
	@echo 'make test   run the whole test suite'
	@echo 'make lint   check style, formatting and types'
	@echo 'make bench  time bifront beside other frameworks: ARGS="--only W1 --rounds 9" (--help lists more)'
	@echo 'make clean  remove the virtual environment and everything built'

demo: $(VENV)/.demo
	$(BIN)/bifront compare examples/pairs/digits_mlp

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# PEERS=no leaves out the frameworks to compare with: what is not installed is said to be so.
bench: $(VENV)/.bench$(if $(filter no,$(PEERS)),-alone)
	cd benchmarks && $(abspath $(BIN))/python -m peers $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp marks one finished step, so that a step cut short is done again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "bifront needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.demo: $(MANIFESTS) | $(VENV)/.made
	@echo 'Installing bifront into $(VENV)'
	@$(INSTALL) -e '.[native,draw,examples]'
	@touch $@

$(VENV)/.dev: $(MANIFESTS) | $(VENV)/.made
	@echo 'Installing bifront and its development tools into $(VENV)'
	@$(INSTALL) -e '.[dev]'
	@touch $@

$(VENV)/.bench: $(MANIFESTS) | $(VENV)/.made
	@echo 'Installing bifront and the frameworks to compare it with into $(VENV); this takes gigabytes'
	@$(INSTALL) -e '.[bench]'
	@touch $@

$(VENV)/.bench-alone: $(MANIFESTS) | $(VENV)/.made
	@echo 'Installing bifront into $(VENV)'
	@$(INSTALL) -e '.[examples]' matplotlib
	@touch $@
