# One command each; every one sets up what it needs first. See README.md.
PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install -q --disable-pip-version-check
ARGS ?=

.PHONY: run test test-all soak check bench lock

run: .venv/.run
	@STEGVIS_DEMO=$${STEGVIS_DEMO:-1} $(PY) -m workflow run --port $${PORT:-$${STEGVIS_PORT:-8000}}

test: .venv/.dev
	$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

test-all: .venv/.dev
	STEGVIS_TEST_FULL=1 $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

# Thousands of SIGKILLs, hundreds of random walks and 20 000 timers under blows on both databases, also behind PgBouncer:
# an hour and more.
soak: .venv/.dev
	STEGVIS_TEST_FULL=1 STEGVIS_TEST_KILLS=$${KILLS:-4000} STEGVIS_TEST_WALKS=$${WALKS:-500} \
	  STEGVIS_TEST_TIMERS=$${TIMERS:-20000} $(PY) -m pytest -n 2 --dist worksteal \
	  tests/workflow/test_crash.py tests/workflow/test_random_walks.py tests/workflow/test_timers.py tests/workflow/test_concurrency.py \
	  tests/workflow/test_chaos.py $(ARGS)

check: .venv/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m pytest -p no:xdist -q tests/test_labels_complete.py tests/templates/test_catalogues.py

bench: .venv/.dev
	$(PY) -m tests.bench $(ARGS)

# A developer's tool: writes the locks with hashes and without any host in them.
lock:
	cd requirements && for f in run dev; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-config \
	    --no-emit-index-url --no-emit-find-links $$f.in -o $$f.txt || exit 1; done

# Order-only, so that touching the environment does not install again. The second way serves
# a Debian Python without python3-venv: pip can install into another interpreter.
.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed. Point to one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --python $(PY) install -q pip; }

.venv/.run: requirements/run.txt pyproject.toml | .venv/pyvenv.cfg
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
