# `make` alone lists the targets. Each makes its own .venv the first time; no other
# tool than Python (3.10 or newer), git and make is needed, but valgrind for `bench`.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test pytest trial check docs bench bench-quick faults soak

help:
	@sed -nE 's/^([a-z-]+): .*## (.*)$$/make \1	\2/p' Makefile

demo: $(READY)  ## the demonstration, against real peer processes
	$(VENV)/bin/heartbeat demo

test: $(READY)  ## the suite under pytest and under trial, then coverage
	@$(MAKE) --no-print-directory --jobs=2 --keep-going pytest trial
	$(RUN) -m coverage report --fail-under=100
	$(RUN) -m tests.own_coverage

# All at once, for most tests wait for a clock; trial's output follows at its end.
# Browsers, servers of others and what waits for real deadlines are dear: pytest alone
# runs them.
DEAR := tests/graph tests/graph/live tests/servers tests/test_soak.py \
    tests/test_detection.py tests/test_false_alarms.py
TRIED = $(filter-out $(DEAR) %/test_browser.py,$(patsubst %/__init__.py,%,$(wildcard \
    tests/test_*.py tests/*/__init__.py tests/graph/test_*.py tests/graph/*/__init__.py \
    tests/graph/live/test_*.py)))

pytest:
	$(RUN) -m pytest --numprocesses=3 --dist=loadfile \
	    --cov --cov-context=test --cov-report=
trial:
	@mkdir -p build
	@$(RUN) -m twisted.trial --jobs=2 --reporter=text --temp-directory=build/trial $(TRIED) \
	    > build/trial.log 2>&1; status=$$?; cat build/trial.log; exit $$status

check: $(READY)  ## rules, format and types
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

docs: $(READY)  ## the documentation, into docs/_build; warnings are errors
	$(RUN) -m sphinx -n -W --keep-going -T -E docs docs/_build

bench: $(READY)  ## all benchmarks, 15 minutes: docs/benchmarks.md and its plots
	@$(VALGRIND)
	$(RUN) -m benchmarks

bench-quick: $(READY)  ## the same in 2 minutes, coarsely: build/benchmarks-quick/
	@$(VALGRIND)
	$(RUN) -m benchmarks --quick

faults: $(READY)  ## injected faults, ours beside others: docs/faults.md; needs root and nft
	$(RUN) -m benchmarks.faults

soak: $(READY)  ## 5,000 connections for 10 minutes: docs/soak.md
	$(RUN) -m benchmarks.soak

VALGRIND = command -v valgrind > /dev/null || { echo 'this needs valgrind (apt-get install valgrind)'; exit 1; }

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 10) or sys.exit(f"Python 3.10 or newer is needed, $(PYTHON) is {v.major}.{v.minor}: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install -qq --upgrade 'pip>=25.1'
	$(RUN) -m pip install -qq --editable '.[all]' --group dev
	@touch $@
