# scimflow: `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup-stamp
FUZZ_STAMP := $(VENV)/.fuzz-stamp
FUZZ_SECONDS ?= 60
CONTRACTS_STAMP := .venv-contracts/.setup-stamp
WORKERS ?= 2

export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo ui test test-fast test-all check lint types arch format bench fuzz contracts contracts-baseline constraints wheel clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make the environment in .venv (every other target does so when needed)

$(STAMP): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (a minute or two the first time) ..."
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed (as $(PYTHON)); name another with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --constraint constraints.txt --group dev --editable .
	@touch $(STAMP)

demo: $(STAMP) ## The main job on real input against the embedded sandbox: three days of one company, then a second one
	@$(BIN)/python -m examples.demo

ui: $(STAMP) ## Look at the demo's runs in the Prefect UI (http://127.0.0.1:4200)
	@$(BIN)/python -m examples.ui

test: $(STAMP) ## The fast tests: unit, property, contract, integration, fault, docs
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not e2e and not thorough" -q

test-fast: $(STAMP) ## Unit, property and contract tests alone
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "(unit or property or contract) and not thorough" -q

test-all: $(STAMP) ## All tests: more cases, and a real Prefect server, PostgreSQL and a browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not e2e" -q
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "e2e and not alone" -q
	@$(BIN)/python -m pytest -m "e2e and alone" -q

check: lint types arch ## What must hold before anything is tested

lint: $(STAMP) ## Style and common mistakes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP) ## mypy --strict over the product
	@$(BIN)/mypy

arch: $(STAMP) ## The sentences of docs/architecture.md about who may import whom
	@$(BIN)/lint-imports

format: $(STAMP) ## Bring the code into form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(STAMP) ## The benchmarks: ratios against something named, in one run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

fuzz: $(STAMP) $(FUZZ_STAMP) ## Readers and contracts against what a fuzzer finds, FUZZ_SECONDS each (not part of CI)
	@nice $(BIN)/python -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

$(FUZZ_STAMP): constraints-fuzz.txt $(STAMP)
	@$(BIN)/python -m pip install -qq --requirement constraints-fuzz.txt
	@touch $@

contracts: $(STAMP) $(CONTRACTS_STAMP) ## The published contracts against their last released form
	@.ci/contracts

$(CONTRACTS_STAMP): constraints-contracts.txt
	@echo "setting up .venv-contracts ..."
	@test -x .venv-contracts/bin/python || $(PYTHON) -m venv .venv-contracts
	@.venv-contracts/bin/python -m pip install -qq --constraint constraints-contracts.txt datacontract-cli
	@touch $@

contracts-baseline: ## At a release: the published contracts become what later ones are held against
	@rm -f tests/data/contracts-baseline/*.odcs.yaml
	@cp data_contracts/published/*.odcs.yaml tests/data/contracts-baseline/

constraints: ## Pin the newest versions that fit together (needs a network)
	@$(PYTHON) -m venv .venv-constraints
	@.venv-constraints/bin/python -m pip install -qq --upgrade 'pip>=25.1'
	@.venv-constraints/bin/python -m pip install -qq --group dev --editable .
	@{ echo "# Exact versions that the tests run with: pip install -c constraints.txt ."; \
	   echo "# Made with: make constraints"; \
	   .venv-constraints/bin/python -m pip freeze --exclude-editable; } > constraints.txt

wheel: $(STAMP) ## Build the wheel
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove what was made; the environment too
	@rm -rf $(VENV) .venv-constraints .venv-contracts dist .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
