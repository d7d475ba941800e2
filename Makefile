# The developer's front door. `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What all checks passed with; `make newest` goes without.
CONSTRAINTS := constraints.txt
PIP := $(BIN)/python -m pip install --quiet $(CONSTRAINTS:%=--constraint %)
# Each process of the tests loads models of its own and takes up to 4 GiB of memory; one more than
# there are cores, since many tests wait for processes that they have started.
TEST_PROCESSES ?= $(shell $(PYTHON) -c "import os; print(max(1, min(os.cpu_count() + 1, \
  os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 32)))")
PYTEST := $(BIN)/python -m pytest --dist worksteal
# Without the notice about the theme's successor.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast lint types docs docs-write docs-check bench format newest constraints clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 13

setup: $(READY)  ## Make .venv with everything, and fetch the weights

$(READY): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	$(PIP) $(CONSTRAINTS:%=--build-constraint %) -e '.[dev]'
	$(BIN)/audiorouter models pull
	touch $@

demo: setup  ## Answer the example questions, offline from here on
	$(BIN)/audiorouter batch examples/clips examples/questions.csv

test: test-fast  ## Run all tests, the fast ones first, in as many processes as TEST_PROCESSES=2 says
	$(PYTEST) -n $(TEST_PROCESSES) -m "slow or weights or network"

test-fast: setup  ## Run the tests that need no weights, no network and little time
	AUDIOROUTER_CACHE=$(CURDIR)/.pytest_cache/no-weights $(PYTEST) -n $(TEST_PROCESSES) -m "not (slow or weights or network)"

lint: setup  ## Check style and which way imports run
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup  ## Mend style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup  ## Check types
	$(BIN)/mypy

docs: setup  ## Serve the documentation as a site, and follow what you change
	$(MKDOCS) serve

docs-write: setup  ## Write the generated parts of docs/, and what new versions of tools find
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/site/tool_findings.py

docs-check: setup  ## Check that these are up to date, and build the site in build/site, strictly
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/site/tool_findings.py --check
	$(MKDOCS) build --strict --quiet

bench: setup  ## Measure the example questions, and how quick it is
	$(BIN)/python benchmarks/demo_accuracy.py
	$(BIN)/python benchmarks/other_processors.py
	$(BIN)/python benchmarks/first_answers.py
	$(BIN)/python benchmarks/first_minutes.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/warm_run.py
	$(BIN)/python benchmarks/tool_stage.py
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/python benchmarks/outcome_speed.py
	$(BIN)/python benchmarks/server_speed.py

newest:  ## Run all checks with the newest versions that pyproject.toml allows, in .venv-newest
	rm -rf .venv-newest
	$(MAKE) VENV=.venv-newest CONSTRAINTS= lint types docs-check
	$(MAKE) VENV=.venv-newest CONSTRAINTS= test

constraints: newest  ## Write constraints.txt: the versions that `newest` has just passed with
	echo '# What all checks passed with. Written by `make constraints`.' > .venv-newest/$@.txt
	.venv-newest/bin/python -m pip freeze --all --exclude-editable >> .venv-newest/$@.txt
	mv .venv-newest/$@.txt $@.txt

clean:  ## Remove the environments
	rm -rf $(VENV) .venv-newest
