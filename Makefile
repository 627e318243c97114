# `make report` and `make test` do all their own set-up, once, in .venv.
#   make report PIP_OPTIONS="--index-url …"              options for pip, such as the index of torch's CPU build
#   make report OPTIONS="--configfile config/full.yaml"  options for Snakemake
#   make report PYTHON=python3.12                        another Python (3.11 or newer)
PYTHON ?= python3
PIP_OPTIONS ?=
OPTIONS ?=
PYTEST_OPTIONS ?= -n auto --dist loadfile --no-loadscope-reorder

BIN := .venv/bin
READY := .venv/installed
RULES := Snakefile workflow/Snakefile workflow/rules/*.smk

.PHONY: install report test lint format bench clean
.DEFAULT_GOAL := report

install: $(READY)

report: $(READY)
	@status=0; $(BIN)/snakemake --cores all $(OPTIONS) || status=$$?; \
	if [ $$status -eq 1 ]; then \
	  echo "Not everything finished. For a report of what is there, that says what is missing:" >&2; \
	  echo "  $(BIN)/carryover report --partial$(if $(OPTIONS),   (with the same --configfile and --config))" >&2; \
	fi; exit $$status

test: lint
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check $(RULES)
	$(BIN)/snakemake --lint

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt $(RULES)

bench: $(READY) # writes docs/performance.md; takes some minutes on two idle cores
	PYTHONPATH=.:workflow $(BIN)/python -m tests.benchmarks

clean: # results stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Why $(PYTHON) will not do, as one line; nothing where it will.
PROBLEM = $(shell \
  command -v $(PYTHON) >/dev/null 2>&1 || { echo "there is no $(PYTHON) here: install Python 3.11 or newer, or name one: make PYTHON=python3.12"; exit; }; \
  $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed, $(PYTHON) is `$(PYTHON) -V 2>&1`: install it, or name one: make PYTHON=python3.12"; exit; }; \
  $(PYTHON) -c "import platform, sys; sys.exit((sys.platform, platform.machine()) == ('darwin', 'x86_64'))" || { echo "PyTorch has no build for Macs with Intel processors any more: use Linux, or a Mac with Apple silicon"; exit; }; \
  $(PYTHON) -c "import ensurepip, venv" 2>/dev/null || echo "$(PYTHON) cannot make virtual environments: install its venv package (python3-venv on Debian and Ubuntu)")

$(READY): envs/requirements.txt pyproject.toml
	$(if $(PROBLEM),$(error $(PROBLEM)))
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --quiet $(PIP_OPTIONS) -r envs/requirements.txt
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@
