# Each target makes the environment that it needs. `make run` and `make test` are all that a newcomer has to know.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# Offline nothing is asked of a package index; PIP_FIND_LINKS names a folder with the packages.
INSTALL := $(PIP) install $(if $(filter-out 0 false False,$(TUNESMITH_OFFLINE)),--no-index)
STAMPS := .make
WORKERS ?= logical
TEST := $(PY) -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: run demo test test-fast test-zoo lessons lint types format bench clean

run: $(STAMPS)/run
	$(PY) app.py starter
	$(PY) app.py serve

demo: $(STAMPS)/run
	$(PY) app.py demo

test: $(STAMPS)/dev
	$(TEST)

test-fast: $(STAMPS)/dev
	$(TEST) -m "not slow and not browser and not zoo and not lessons"

test-zoo: $(STAMPS)/dev
	$(TEST) -m zoo; code=$$?; $(PY) -m tests.zoo.table && exit $$code

lessons: $(STAMPS)/dev
	$(PY) -m pytest -m lessons tests/integration

lint: $(STAMPS)/dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	./.ci/pages lint

types: $(STAMPS)/dev
	$(PY) -m webui.border.typings

format: $(STAMPS)/dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(STAMPS)/run
	$(PY) -m benchmarks.startup
	$(PY) -m benchmarks.training

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tunesmith needs Python 3.11 or newer; this is %s. Try: make PYTHON=python3.11" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements.txt | $(STAMPS)/venv
	@echo "Installing what Tunesmith needs (about 2 GB with a CUDA build of torch; once) ..."
	$(INSTALL) -r requirements.txt
	@touch $@

$(STAMPS)/dev: requirements-dev.txt package-lock.json $(STAMPS)/run
	$(INSTALL) -r requirements-dev.txt
	@./.ci/chromium
	@./.ci/pages install
	@touch $@

clean:
	rm -rf $(VENV) $(STAMPS) node_modules .pytest_cache .mypy_cache .ruff_cache
