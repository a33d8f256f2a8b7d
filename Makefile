# Two commands do all the set-up: `make demo` and `make test`. Both make .venv and install into it first.
VENV ?= .venv
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin

.PHONY: demo test model docs dist sbom audit help

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /: /'

demo: $(VENV)/.train ## draw three partly labelled databases, compare three methods on them, write a report
	$(BIN)/mien synth demo
	$(BIN)/mien experiment recipes/demo.toml
	@echo "demo: one network learned from three databases; open runs/demo/report.html"

test: $(VENV)/.dev ## check style, types and behaviour
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist loadfile
	@echo "test: style, types and behaviour are as they should be"

model: $(VENV)/.train ## train, export and measure the shipped network, from the databases in $$MIEN_DATA (hours)
	$(BIN)/mien train recipes/default.toml --out runs/default
	$(BIN)/mien train recipes/default_more.toml --out runs/default_more
	$(BIN)/mien train recipes/default_blend.toml --out runs/default_blend
	$(BIN)/mien train recipes/default_student.toml --out runs/default_student
	$(BIN)/mien calibrate runs/default_student --coverage 0.9
	$(BIN)/python tools/ship_model.py runs/default_student src/mien/weights
	$(BIN)/mien evaluate default --all --card src/mien/weights/card.md

docs: $(VENV)/.docs ## build the documentation as a site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

dist: $(VENV)/.dist ## build wheel and sdist into dist/, look inside, install the wheel anew and read a face with it
	rm -rf dist && $(BIN)/python -m build --outdir dist
	$(BIN)/python tools/check_dist.py dist

sbom: $(VENV)/.dist ## list what the light install brings, with versions and licences, as dist/sbom.json (CycloneDX)
	$(light)
	mkdir -p dist && $(BIN)/cyclonedx-py environment $(VENV)/light --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.json

audit: $(VENV)/.dist ## look for known vulnerabilities in what the light install brings; asks PyPI's database
	$(light)
	$(VENV)/light/bin/pip freeze --exclude mien > $(VENV)/light/brought.txt
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement $(VENV)/light/brought.txt || { echo \
		"audit: not passed. Either a vulnerability is listed above, or the database did not know or could not be asked about" \
		"a package, and then nothing is known: try again where PyPI itself can be reached."; exit 1; }

$(VENV)/.docs: pyproject.toml
	$(call venv,docs)

$(VENV)/.dist: pyproject.toml
	$(call venv,dist)

$(VENV)/.train: pyproject.toml
	$(call venv,train)

$(VENV)/.dev: pyproject.toml
	$(call venv,train$(comma)dev)
	@touch $(VENV)/.train

comma := ,
light = rm -rf $(VENV)/light && $(PYTHON) -m venv $(VENV)/light && $(VENV)/light/bin/pip install --quiet .
define venv
	@$(or $(PYTHON),false) -c '$(FITS)' || \
		{ echo "mien needs Python 3.11, 3.12 or 3.13, and none is on the path. Type: make PYTHON=/path/to/python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu type: sudo apt install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --editable '.[$(1)]'
	@touch $@
endef
