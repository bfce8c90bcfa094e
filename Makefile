# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
# The system's own Python comes first: version managers mostly compile theirs without profile-guided
# optimisation, and plain Python code took 1.4 times as long on one of those.
USABLE := import ensurepip, ssl, sqlite3, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for python in /usr/bin/python3.11 /usr/bin/python3.12 python3.11 python3.12 python3; do \
	$$python -c '$(USABLE)' 2>/dev/null && command -v $$python && exit; done; command -v python3)
UV_VERSION := 0.13.9
UV := .tools/bin/uv
export DO_NOT_TRACK = 1
# A refresh starts Python several times: without its cache every start compiles all libraries anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-once up down test check format lock benchmark clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}'

setup: .venv/.done .venv-superset/.done ## Set up both Python environments from their locks

# uv itself comes from the package index, into a folder of the project, when it is not on the machine.
$(UV):
	@echo "==> uv $(UV_VERSION)"
	@if command -v uv >/dev/null; then mkdir -p .tools/bin && ln -sf "$$(command -v uv)" $(UV); \
	else $(PYTHON) -m venv .tools && .tools/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION); fi

.venv/.done: requirements.lock pyproject.toml | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' || \
		{ echo "Revlake needs Python 3.11 or 3.12; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "==> Python environment (.venv)"
	@test -x .venv/bin/python || $(UV) venv -q --python $(PYTHON) .venv
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip sync -q --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install -q --no-deps --no-build-isolation --editable .
	@touch $@

.venv-superset/.done: semantic/superset/server/requirements.lock | $(UV)
	@echo "==> Superset's environment (.venv-superset)"
	@test -x .venv-superset/bin/python || $(UV) venv -q --python $(PYTHON) .venv-superset
	@VIRTUAL_ENV=$(CURDIR)/.venv-superset $(UV) pip sync -q --require-hashes semantic/superset/server/requirements.lock
	@touch $@

demo: setup ## Set up, run the nightly refresh on the sandbox, open Superset and Dagster; Ctrl-C stops all
	@.venv/bin/revlake demo

demo-once: setup ## The same, then stop; exit 0 only if every part worked
	@.venv/bin/revlake demo --once

up: setup ## Start the services
	@.venv/bin/revlake up

down: ## Stop the services
	@.venv/bin/revlake down

test: setup ## The whole suite, browser included
	@.venv/bin/pytest

check: setup ## Linters, types, boundaries, SQL, dbt parse
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests
	@cd dbt_project && DBT_TARGET_PATH=$${TMPDIR:-/tmp}/revlake-dbt-parse DBT_LOG_PATH=$${TMPDIR:-/tmp}/revlake-dbt-parse \
		DO_NOT_TRACK=1 ../.venv/bin/dbt --quiet parse --no-partial-parse
	@echo "all checks passed"

format: setup ## Format Python and SQL
	@.venv/bin/ruff check --fix-only .
	@.venv/bin/ruff format .
	@.venv/bin/sqlfluff fix --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

lock: | $(UV) ## Resolve both locks anew: versions and hashes, no addresses
	$(UV) pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 -o requirements.lock -q
	cd semantic/superset/server && ../../../$(UV) pip compile requirements.in --universal --generate-hashes \
		--no-emit-index-url --python-version 3.11 -o requirements.lock -q

# WITHOUT="suite landing" leaves out what takes longest.
benchmark: setup ## Measure the spine and the landing, write docs/performance.md
	@.venv/bin/python -m tests.benchmarks.spine $(addprefix --without-,$(WITHOUT))

clean: ## Remove the environments and caches; data/ stays
	rm -rf .venv .venv-superset .tools .mypy_cache .ruff_cache .pytest_cache
