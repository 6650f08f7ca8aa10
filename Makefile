# Every command of a developer. Nothing but Python 3.11+, make and git is needed; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q install
LOCKED := --require-hashes --only-binary :all: --no-compile

.PHONY: help demo test check lint types guards docs locks clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.runtime ## watch a won deal become a paid invoice, with a QuickBooks of our own
	@$(BIN)/dealbooks demo

test: $(VENV)/.dev ## run the tests (PostgreSQL and Redis where DEALBOOKS_TEST_DATABASE_URL and _REDIS_URL name them)
	$(BIN)/python -m pytest

check: lint types test guards ## everything that must hold before a change lands

lint: $(VENV)/.lint ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.lint ## types
	$(BIN)/mypy

guards: $(VENV)/.dev ## take each guard out of a copy and see its test go red
	$(BIN)/python tests/guards.py

docs: $(VENV)/.dev ## write the tables of docs/reference/sandbox.md anew
	$(BIN)/python tests/sandbox/coverage.py

locks: ## pin the dependencies anew (needs uv; the files name no host)
	@for each in "requirements" "requirements-dev --group dev" "requirements-lint --group dev --group lint"; do \
		set -- $$each; name=$$1; shift; \
		uv pip compile pyproject.toml --group build $$@ --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header --no-annotate -q -o $$name.lock; \
	done

clean: ## take away what the commands above made
	rm -rf $(VENV) .dealbooks build *.egg-info .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python requirements.lock pyproject.toml
	$(PIP) $(LOCKED) -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --no-compile -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(PIP) $(LOCKED) -r requirements-dev.lock
	@touch $@

$(VENV)/.lint: $(VENV)/.dev requirements-lint.lock
	$(PIP) $(LOCKED) -r requirements-lint.lock
	@touch $@
