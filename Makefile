# Every target works on a fresh checkout: Python 3.11 or later, its venv module, make and git.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DEMO_CORPORA = build/demo-corpora

.PHONY: demo audit test test-all check format docs bench clean

# Build all tasks from the package's miniature corpora and load one back.
demo: $(VENV)/installed
	rm -rf demo $(DEMO_CORPORA)
	$(BIN)/audio-flan miniatures $(DEMO_CORPORA)
	$(BIN)/audio-flan build demo --root $(DEMO_CORPORA) --workers 2 > build/demo.log
	$(BIN)/audio-flan check demo
	$(BIN)/python tools/load_demo.py demo
	$(BIN)/audio-flan show demo speech_asr -n 1
	$(BIN)/audio-flan show demo speech_denoising -n 1
	# A second run finds everything done and prints the table.
	$(BIN)/audio-flan build demo --root $(DEMO_CORPORA)

# Rebuild the demo's answers from the raw annotation files, by a path of its own.
audit: demo
	$(BIN)/python tools/audit_answers.py demo $(DEMO_CORPORA)

# Worker processes take runs of neighbouring tests, which share what one of them has made.
PYTEST = $(BIN)/python -m pytest -n auto --dist worksteal -rs

test: $(VENV)/installed-for-development
	$(PYTEST)

# Every task with every corpus that serves it.
test-all: $(VENV)/installed-for-development
	$(PYTEST) --all-pairs

# Format, lint, types, and what may import what.
check: $(VENV)/installed-for-development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-for-development
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The pages on tasks and corpora.
docs: $(VENV)/installed-for-development
	$(BIN)/python tools/write_docs.py

# Against peers, which it installs once; benchmarks/README.md.
bench: $(VENV)/installed-for-development
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml setup.cfg | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[simulate]"
	touch $@

$(VENV)/installed-for-development: pyproject.toml setup.cfg | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/installed

clean:
	rm -rf build demo dist $(VENV)
