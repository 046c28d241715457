# The two commands of the README are `make demo` and `make test`; each installs what it needs.
PYTHON ?= python3
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3
export KERAS_BACKEND := tensorflow

.PHONY: install demo test quick slow fault lint types docs format table clean

install: .venv/installed

.venv/installed: setup.py
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

demo: install
	$(BIN)/python -m zoo.training.demo

test: install
	$(BIN)/python -m pytest -n 2

quick: lint  # the contract, and one model of each family: three minutes on two cores
	PYTHONPATH=tests $(BIN)/python -m pytest -n 2 -p one_model_a_family tests/contract tests/conformance

slow: install
	$(BIN)/python -m pytest -m slow

fault: install  # kills exports, fills disks, asks for what cannot be served
	$(BIN)/python -m pytest -m fault -n 2

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) types

types: install  # of the package as it is installed: pyright does not follow an editable install
	rm -rf build
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --target build/types .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install  # the site, in build/docs; a warning is an error
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[docs]"
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

table: install  # of the models, into README.md
	$(BIN)/python -m benchmarks.results

clean:
	rm -rf .venv runs build *.egg-info
