# Two commands: make book, make test. Each sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LOCK   := uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11

.PHONY: help book test faults check accept sync preview serve lab hooks new lint bench words lock clean
help:  ## List the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

book: $(READY)  ## Build the site into _build/site/
	@$(BIN)/press build

test: $(READY)  ## Run all tests: units, data, chapters (nbval), site in Chromium
	@.ci/chromium
	@$(BIN)/ruff check -q . && $(BIN)/mypy --no-error-summary && $(BIN)/pytest

faults: $(READY)  ## Run the tests under a file system that fails at random: make faults SEED=2 RATE=0.02
	@PYTHONPATH=tests/faults $(BIN)/pytest -n0 -p faults --tb=no -r N --seed $(or $(SEED),1) --rate $(or $(RATE),0.1) tests

check: $(READY)  ## Say in a moment what is wrong with data and chapters
	@$(BIN)/press check

accept: $(READY)  ## Run the chapters and keep their results as the accepted outputs
	@$(BIN)/press accept

sync: $(READY)  ## Bring prose edits of the .md into the .ipynb
	@$(BIN)/press sync

preview: $(READY)  ## Show the book on this machine and keep it current while you edit
	@$(BIN)/press preview

serve: $(READY)  ## Show the built site on this machine
	@$(BIN)/press serve

lab: $(READY)  ## Edit chapters in JupyterLab: open a notebooks/*.md as a notebook
	@$(BIN)/jupyter trust notebooks/*.ipynb >/dev/null && $(BIN)/jupyter lab --notebook-dir=.

hooks: $(READY)  ## Have git check pairs, code, data and spelling before each commit
	@$(BIN)/pre-commit install

new: $(READY)  ## Make a chapter: make new NAME=weather
	@$(BIN)/press new $(NAME)

lint: $(READY)  ## Format and lint the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/mypy

bench: $(READY)  ## Time the press against plain Jupyter Book
	@$(BIN)/python benchmarks/book.py && $(BIN)/python benchmarks/kernels.py

words: $(READY)  ## Write the template of the catalogue of the site's own words
	@$(BIN)/python -m press.words

lock:  ## Write the lock files anew from pyproject.toml (needs uv)
	@$(LOCK) --extra dev pyproject.toml -o requirements.lock
	@$(LOCK) --extra lab -c requirements.lock pyproject.toml -o requirements-lab.lock

clean:  ## Remove what was built, not the environment
	@rm -rf _build

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"found Python {sys.version.split()[0]}; expected 3.11 or newer: make PYTHON=python3.12 {sys.argv[1]}")' "$(MAKECMDGOALS)"
	@echo "setting up $(VENV) from requirements.lock"
	@rm -rf $(VENV)
	@if command -v uv >/dev/null; then \
	  uv venv -q --python $(PYTHON) $(VENV) && \
	  uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock && \
	  uv pip install -q --python $(BIN)/python --compile-bytecode --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@
