# Everything a person or CI runs. Needs Python >= 3.11 for the pinned packages, make, and a network or a package mirror.
# Each environment is made once; it is installed anew only when pyproject.toml or constraints.txt changes.

PYTHON ?= python3

DEMO := .venv-demo
VENV := .venv
SECONDS ?= 60
DEPENDS := pyproject.toml constraints.txt

.PHONY: help demo test test-slow check golden bench fuzz harden wheel test-wheel docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/'

demo: $(DEMO)/.installed ## encode and decode the photos in examples/ beside JPEG, WebP and AVIF
	$(DEMO)/bin/python bench/demo.py

test: $(VENV)/.installed ## run every test but the slow ones
	$(VENV)/bin/python -m pytest

test-slow: $(VENV)/.installed ## run the tests that take more than a few seconds each
	$(VENV)/bin/python -m pytest -m "slow and not gpu"

check: $(VENV)/.installed ## lint, format, types, import directions: what CI runs beside the tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache

docs: $(VENV)/.installed ## build the site into docs/_build; a warning or a broken link within it is an error
	$(VENV)/bin/python -m sphinx -b html -E -W -q docs docs/_build
	@echo docs/_build/index.html

golden: $(VENV)/.installed ## make the golden files anew; a difference that git shows must be explained in the commit
	for script in $$(find tests -name 'regenerate*.py' | sort -r); do $(VENV)/bin/python $$script || exit 1; done

bench: $(VENV)/.installed ## measure speed, start-up and memory beside JPEG, WebP, AVIF and others
	$(VENV)/bin/mzt bench --json results/speed.json --force

fuzz: $(VENV)/.fuzz ## fuzz every target for SECONDS each (60); needs Linux and Python 3.11 or later
	@status=0; for target in fuzz/fuzz_*.py; do \
		$(VENV)/bin/python $$target --seconds $(SECONDS) --quiet || status=1; done; exit $$status

harden: $(VENV)/.harden ## every attack at its whole size, into results/hostile.json (an hour or more)
	$(VENV)/bin/python tests/hostile/harden.py

wheel: $(VENV)/.installed ## build the wheel and the source archive into dist/
	rm -rf dist
	$(VENV)/bin/python -m build --no-isolation .

test-wheel: wheel ## install the wheel into an environment of its own, without torch, and use it from another folder
	$(VENV)/bin/python -m pytest -m wheel tests/test_wheel.py

clean: ## remove the environments and what tools leave behind
	rm -rf $(DEMO) $(VENV) dist demo-output docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(DEMO)/.installed: $(DEPENDS)
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed: $(DEPENDS)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[test,lab,eval,systems,docs]'
	@touch $@

$(VENV)/.harden: $(VENV)/.installed
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[harden]'
	@touch $@

$(VENV)/.fuzz: $(VENV)/.installed
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[fuzz]'
	@touch $@
