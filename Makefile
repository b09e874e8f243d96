# Two words for everything: `make run` and `make test`. Needs Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
COMPILE = $(BIN)/uv pip compile -q $(LOCK) --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.PHONY: run test suite check formatted linted typed layered based fit coverage format lock bench soak
.DEFAULT_GOAL := run

run: .venv/.runs
	$(BIN)/cnscd run

# Side by side, since the suite leaves a processor idle now and then; each of them is run to its end.
test: .venv/.develops
	$(MAKE) --no-print-directory --keep-going --jobs 2 suite check

suite: .venv/.develops
	$(BIN)/pytest -q -n auto --maxprocesses 4 --dist worksteal

coverage: .venv/.develops
	$(BIN)/pytest -q -n auto --maxprocesses 4 --dist worksteal --cov --cov-report=term:skip-covered

check: formatted linted typed layered based

formatted: .venv/.develops
	$(BIN)/ruff format --check .

linted: .venv/.develops
	$(BIN)/ruff check .

typed: .venv/.develops
	$(BIN)/mypy

layered: .venv/.develops
	$(BIN)/lint-imports

based: .venv/.develops
	$(BIN)/cnscd kb check

format: .venv/.develops
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Fits what is learned from the ways of asking, then how sure answers are: after the base or the search has changed.
fit: .venv/.benches
	$(BIN)/python -m tests.support.fit_likeness
	$(BIN)/python -m tests.support.fit_ranking
	$(BIN)/python -m tests.support.fit_confidence
	$(BIN)/python -m tests.support.fit_log

# Measures the search beside other engines, then messages answered a second. RETRIEVAL_DATA may name a folder of questions.
bench: .venv/.benches
	$(BIN)/python -m tests.bench.bench_search
	$(BIN)/python -m tests.bench.bench_messages
	$(BIN)/python -m tests.bench.bench_delivery

# Proves in full what the suite proves in short: 200 kills over 10,000 reminders and 20 storms of faults, both databases.
soak: .venv/.develops
	$(BIN)/python -m tests.soak.crash
	$(BIN)/python -m tests.soak.storms

# Writes the exact versions with their hashes; `make lock LOCK=--upgrade` takes newer ones.
lock: .venv/.develops
	$(COMPILE) -o requirements.lock pyproject.toml deploy/build.in
	$(COMPILE) -c requirements.lock -o requirements-dev.lock pyproject.toml deploy/build.in --group dev
	$(COMPILE) -c requirements.lock -o requirements-bench.lock pyproject.toml deploy/build.in --group bench

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cần Python 3.11 trở lên.")'
	$(PYTHON) -m venv .venv

.venv/.runs: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/.develops: .venv/.runs requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	touch $@

.venv/.benches: .venv/.develops requirements-bench.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	touch $@
