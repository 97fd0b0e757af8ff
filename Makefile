# The only entry points: demo, test, check, bench, lock. Each does its own set-up.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready-$(shell cat requirements.txt pyproject.toml | cksum | cut -d' ' -f1)
SOURCES := broker catalog engine fragments logs migrations planner schemas service tests

.PHONY: demo demo-crash test check bench mutants lock handlers help

help:
	@echo "make demo        the main job, end to end, on real data"
	@echo "make demo-crash  the same, with the server killed in the middle"
	@echo "make test        the tests"
	@echo "make check       formatter, linter, types, import rules, tests"
	@echo "make bench       figures, side by side with their targets"
	@echo "make mutants     mutation tests of fragments/; goes on where it was stopped; ONLY='fragments.near.*' for a part"
	@echo "make lock        resolve requirements.txt anew"

demo: handlers
	@$(BIN)/python -m service.demo

demo-crash: handlers
	@$(BIN)/python -m service.demo --crash

test: handlers
	$(BIN)/pytest -n auto

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

bench: handlers
	@for part in checks conditions templates hostile engine broker; do $(BIN)/python -m tests.bench.bench_$$part || exit 1; done

mutants: $(READY)
	$(BIN)/mutmut run $(ONLY)
	@$(BIN)/mutmut export-cicd-stats && cat mutants/mutmut-cicd-stats.json

handlers: $(READY)
	@$(BIN)/goalwright handlers build

lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --upgrade pyproject.toml -o requirements.txt

$(READY):
	@echo "setting up .venv (once; about a minute and a half)"
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f .venv/.ready-*
	@touch $@
