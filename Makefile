# Hiwar: `make run` starts everything, `make test` runs every test. Both set up .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PYTHONUTF8 = 1

.PHONY: run test check bench bench-announce bench-events bench-understanding catalogues lock clean

run: $(VENV)/run.stamp  ## start Hiwar: the web chat on http://127.0.0.1:8080/
	$(BIN)/hiwar run

test: $(VENV)/test.stamp browser  ## every test, on SQLite, PostgreSQL and in a browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: $(VENV)/test.stamp browser  ## format, lint, types, floors, catalogues, tests: the whole definition of done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m service.catalogues --check
	$(MAKE) test

bench: $(VENV)/test.stamp  ## measure beside other stacks; results go to docs/benchmarks.md by hand
	$(BIN)/python -m benchmarks

bench-announce: $(VENV)/test.stamp  ## measure announcements: rate, replies, memory, fan-out, kill -9; takes half an hour
	$(BIN)/python -m benchmarks.announce

bench-events: $(VENV)/test.stamp  ## measure registrations for too few seats at once, and reminders for 10,000 people
	$(BIN)/python -m benchmarks.events

bench-understanding: $(VENV)/test.stamp  ## measure understanding on the development data
	$(BIN)/python benchmarks/understanding.py

catalogues: $(VENV)/run.stamp  ## bring locales/ up to the sentences in the source
	$(BIN)/python -m service.catalogues

lock: $(VENV)/test.stamp  ## resolve the dependencies of pyproject.toml anew, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile $(LOCKING) --group test pyproject.toml -o requirements-test.txt
	$(BIN)/uv pip compile $(LOCKING) -c requirements-test.txt pyproject.toml -o requirements.txt
LOCKING := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Hiwar needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/test.stamp: requirements-test.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-test.txt
	touch $@

.PHONY: browser
browser:  ## Debian's Chromium, where it is missing and may be installed
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-core >/dev/null; } \
	  || { [ -z "$$CI" ] && echo "No Chromium found: the browser tests will be skipped. Install the package chromium to run them."; }

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
