# Two commands: make book, make test. Each sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LAB    := .venv-lab
LOCK   := uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11

.PHONY: help book test faults check accept sync preview serve lab hooks new lint bench words lock clean
help:  ## List the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

book: $(READY)  ## Build the site into _build/site/
	@$(BIN)/press build

test: $(READY) $(LAB)/.ready  ## Run all tests: units, data, chapters (nbval), site in Chromium
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

lab: $(LAB)/.ready  ## Edit chapters in JupyterLab: open a notebooks/*.md as a notebook
	@$(LAB)/bin/jupyter trust notebooks/*.ipynb >/dev/null && $(LAB)/bin/jupyter lab --notebook-dir=.

hooks: $(READY)  ## Have git check pairs, code, data and spelling before each commit
	@$(BIN)/pre-commit install

new: $(READY)  ## Make a chapter: make new NAME=weather
	@$(BIN)/press new $(NAME)

lint: $(READY)  ## Format and lint the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/mypy

bench: $(READY)  ## Time the press, and write the tables into book/benchmarks/ (hours)
	@for name in book kernels growth sweep; do $(BIN)/python benchmarks/$$name.py || exit; done

words: $(READY)  ## Write the template of the catalogue of the site's own words
	@$(BIN)/python -m press.words

lock:  ## Write the lock files anew from pyproject.toml (needs uv)
	@$(LOCK) --extra dev pyproject.toml -o requirements.lock
	@$(LOCK) --group lab -c requirements.lock -o requirements-lab.lock

clean:  ## Remove what was built, not the environment
	@rm -rf _build

# An environment in folder $(1) with what the lock file $(2) pins.
define install
echo "setting up $(1) from $(2)"; rm -rf $(1); \
if command -v uv >/dev/null; then \
  uv venv -q --python $(PYTHON) $(1) && \
  uv pip install -q --python $(1)/bin/python --compile-bytecode --require-hashes -r $(2); \
else \
  $(PYTHON) -m venv $(1) && \
  $(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(2); \
fi
endef

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"found Python {sys.version.split()[0]}; expected 3.11 or newer: make PYTHON=python3.12 {sys.argv[1]}")' "$(MAKECMDGOALS)"
	@$(call install,$(VENV),requirements.lock)
	@if command -v uv >/dev/null; then uv pip install -q --python $(BIN)/python --compile-bytecode --no-deps --no-build-isolation -e . ; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; fi
	@touch $@

# JupyterLab stands apart; the kernel that it finds is the Python of the chapters.
$(LAB)/.ready: requirements-lab.lock $(READY)
	@$(call install,$(LAB),requirements-lab.lock)
	@JUPYTER_PATH=$(abspath $(LAB))/share/jupyter $(BIN)/python -m ipykernel install --prefix $(LAB) --display-name "Python 3" >/dev/null
	@touch $@
