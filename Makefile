# The few commands a person needs. Set-up happens by itself; the second time there is nothing to do.
#   make run           install into .venv and start Tidegate
#   make test          install what tests need and run them all; ARGS="-k name" narrows
#   make bench         how fast it is, beside the bare service and other ways; ARGS=--quick for a short run
#   make check         lint, format, types, import contracts
#   make package       a program and packages of it for this system, in dist/; ARGS=--without-cli for a light one
#   make package-test  prove what make package made
#   make requirements  compile requirements/*.txt anew from requirements/*.in
#   make clean         remove everything that can be made again
# Another Python: make run PYTHON=python3.12

SHELL := /bin/sh
.DEFAULT_GOAL := run
.PHONY: run test bench check package package-test requirements clean

VENV := .venv/bin
# The environment's own Python first, so that a changed PATH never rebuilds it; each candidate must really start. On Linux
# the system's comes next: only for that one does the distribution build the library behind the tray icon (python3-gi).
PYTHON ?= $(shell for python in $(VENV)/python $$(test "$$(uname)" = Linux && echo /usr/bin/python3) python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
PREPARE = @test -n "$(PYTHON)" || { \
	echo "Tidegate needs Python 3.11, 3.12 or 3.13. On Debian: apt-get install python3.11" >&2; exit 2; }; \
	$(PYTHON) packaging/prepare.py

run:
	$(PREPARE) run
	@exec $(VENV)/tidegate

test:
	$(PREPARE) test
	@$(VENV)/python -m pytest $(ARGS)

bench:
	$(PREPARE) check
	@$(VENV)/python -m tests.bench $(ARGS)

check:
	$(PREPARE) check
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/mypy
	$(VENV)/lint-imports

package:
	$(PREPARE) package
	@.venv-package/bin/python packaging/build.py $(ARGS)

package-test:
	$(PREPARE) proof
	@.venv-package/bin/python packaging/package_test.py $(ARGS)

COMPILE := .venv-tools/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet $(ARGS)

requirements:
	$(PREPARE) tools
	$(COMPILE) requirements/test.in -o requirements/test.txt
	$(COMPILE) requirements/run.in -c requirements/test.txt -o requirements/run.txt
	$(COMPILE) requirements/build.in -c requirements/test.txt -o requirements/build.txt
	$(COMPILE) requirements/package.in -c requirements/test.txt -o requirements/package.txt
	$(COMPILE) requirements/tools.in -o requirements/tools.txt

clean:
	rm -rf .venv .venv-package .venv-tools .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist \
		*.egg-info
	find app tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +
