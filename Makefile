# Every target sets up what it needs, on a machine that has Python 3.11 or later and make.
#   make demo    compile a sample notebook and run it here
#   make test    all tests, those with real notebooks, real containers and a real JupyterLab included
#   make check   formatting, linting, types, architecture, quick tests, the wheel
#   make labextension  the page in JupyterLab, built into nb2pipe/labextension (needs Node)
#   make bench   how long compiling, running and storing take, with peers beside them (hours; NOTEBOOK_PYTHON: runs real notebooks)
#   make startup  how long JupyterLab takes to start, with the page and without
#   make oldest  the stories of the page in the oldest JupyterLab that it is for
#   make edges   which edges of real notebooks' pipelines are needless
#   make accuracy  compare what the analysis says with what real notebooks change (NOTEBOOK_PYTHON: runs them)
#   make generated N=10000   generated notebooks, whole and as pipelines
#   make equality  verify real notebooks under random splits (NOTEBOOK_PYTHON; takes hours)
#   make docs    write the documentation that is made of the code
#   make clean   remove everything that these made

# The libraries that the notebooks of the tests pin are not made for newer ones.
PYTHON ?= $(firstword $(foreach python,python3.11 python3.12 python3,$(shell command -v $(python))))
VENV := .venv
UV := .venv-uv/bin/uv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
# Has all that the notebooks of ../shared import (their requirements.txt).
NOTEBOOK_PYTHON ?= $(BIN)/python
DEMO := build/demo
SAMPLE := sample_notebooks/classification.ipynb
# What `pyproject.toml` and docs/jupyterlab.md call the oldest.
OLDEST := build/jupyterlab-4.4
QUICK := not docker and not notebooks and not browser and not wheel
# The page in JupyterLab: what it is built of, and one file of what is built.
PAGE_SOURCES := $(wildcard labextension/*.json labextension/src/*.ts* labextension/src/*/*.ts* \
  labextension/style/* labextension/schema/*)
NODE_MODULES := labextension/node_modules/.ready
PAGE := nb2pipe/labextension/package.json

# Modules are compiled once, here, rather than while a command is measured or waited for.
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON := $(PYTHON)
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)

.PHONY: demo test check labextension bench startup oldest edges accuracy equality generated docs clean

demo: $(READY)
	@mkdir -p $(DEMO)
	@cp $(SAMPLE) $(DEMO)
	@cd $(DEMO) && $(abspath $(BIN))/nb2pipe graph $(notdir $(SAMPLE))
	@cd $(DEMO) && $(abspath $(BIN))/nb2pipe compile $(notdir $(SAMPLE))
	@cd $(DEMO) && $(abspath $(BIN))/nb2pipe run $(notdir $(SAMPLE)) -o executed.ipynb
	@echo "The YAML and the executed notebook are in $(DEMO):" && ls $(DEMO)

# Real containers share one daemon, and real browsers one JupyterLab, so each kind stays in one process; not
# in the same, for Playwright leaves an event loop running.
test: $(READY) $(PAGE)
	$(BIN)/pytest -n auto -m "not docker and not browser"
	$(BIN)/pytest -m docker
	$(BIN)/pytest -m browser

check: $(READY) $(PAGE)
	npm --prefix labextension run --silent check
	npm --prefix labextension test --silent
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto -m "$(QUICK)"
	rm -rf dist
	$(UV) build --quiet --wheel
	$(UV) run --quiet --isolated --no-project --with dist/*.whl nb2pipe graph $(SAMPLE)

labextension: $(PAGE)

bench: $(READY)
	$(BIN)/python benchmarks/compile.py --kale --keep
	$(BIN)/python benchmarks/running.py --python $(NOTEBOOK_PYTHON) --keep
	$(BIN)/python benchmarks/store.py --keep

startup: $(READY) $(PAGE)
	$(BIN)/python benchmarks/lab_startup.py --keep

oldest: $(READY) $(PAGE)
	$(UV) venv --quiet --clear $(OLDEST)
	SKIP_JUPYTER_BUILDER=1 $(UV) pip install --quiet --python $(OLDEST) -e '.[lab]' ipykernel \
	  'jupyterlab~=4.4.0' 'notebook~=7.4.0'
	JUPYTERLAB_PYTHON=$(abspath $(OLDEST))/bin/python $(BIN)/pytest -m browser

edges: $(READY)
	$(BIN)/python benchmarks/edges.py --keep

accuracy: $(READY)
	nice $(BIN)/python benchmarks/accuracy.py --python $(NOTEBOOK_PYTHON) --keep

N ?= 1000
FIRST ?= 0
generated: $(READY)
	$(BIN)/python -m tests.generated --count $(N) --first $(FIRST)

equality: $(READY)
	nice $(BIN)/python benchmarks/equality.py --python $(NOTEBOOK_PYTHON) --keep

docs: $(READY)
	$(BIN)/nb2pipe explain --all > docs/diagnostics.md

clean:
	rm -rf $(VENV) .venv-uv build dist benchmarks/.kale benchmarks/.peers benchmarks/.store
	rm -rf labextension/node_modules labextension/lib nb2pipe/labextension
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(READY): pyproject.toml uv.lock $(UV)
	SKIP_JUPYTER_BUILDER=1 $(UV) sync --quiet --frozen
	$(UV) export --quiet --frozen --only-group arrow --no-hashes | $(UV) pip install --quiet --no-deps --target $(VENV)/arrow -r -
	@touch $@

$(PAGE): $(PAGE_SOURCES) $(NODE_MODULES) $(READY)
	cd labextension && PATH="$(abspath $(BIN)):$$PATH" npm run --silent build:prod

$(NODE_MODULES): labextension/package-lock.json
	cd labextension && npm ci --silent --no-audit --no-fund
	@touch $@

$(UV):
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/pip install --quiet --disable-pip-version-check uv
