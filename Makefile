# What developers and CI run. Everything that is installed goes into ignored folders of this
# repository (target/); nothing else on the machine is touched.

CARGO ?= cargo
# Packages to build and test: the root's own when empty. CI says --workspace, so that one set of
# features, and so one build of every dependency, serves the tests and the Python module.
PACKAGES ?=
# The Python module is loaded by Python, and not linked to it.
export PYO3_BUILD_EXTENSION_MODULE := 1
# Debian's Python where its torch is, so that the tests meet a real one.
PYTHON ?= $(shell test -e /usr/lib/python3/dist-packages/torch && echo /usr/bin/python3 || echo python3)
VENV := target/venv
NATIVE := python/dataprep/_native.abi3.so
# What the Python tests read and feed; those of the second line are left out where they do not install.
TEST_NEEDS := pytest pyarrow
TEST_WANTS := polars duckdb datasets ray "moto[server]"

.PHONY: help test fmt clippy rust doc isa browser python python-native python-venv wheel fuzz-check regenerate bench ready

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

test: fmt clippy rust doc ## Everything CI checks: format, lints, tests, generated files, docs

ready: test ## The same, under the name some people look for

fmt: ## Is the code formatted?
	$(CARGO) fmt --all --check

clippy: ## Lints, warnings denied
	$(CARGO) clippy --locked $(PACKAGES) --all-targets -- -D warnings

rust: ## Unit, property, transcript, crash and golden tests
	$(CARGO) test --locked $(PACKAGES)

doc: ## Does the documentation build without warnings?
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked $(PACKAGES) --no-deps --document-private-items

python: python-native python-venv ## Tests of the Python package, on a module built with the dev profile
	DATAPREP=$(abspath target/debug/dataprep) $(VENV)/bin/python -m pytest -q -p no:cacheprovider python/tests

# The library lands beside the package's own modules: that is where the tests import it from.
python-native:
	$(if $(PACKAGES),,$(CARGO) clippy --locked -p dataprep-python -- -D warnings)
	$(CARGO) build --locked $(if $(PACKAGES),$(PACKAGES) --tests,-p dataprep -p dataprep-python) --lib --bins
	cp target/debug/lib_native.so $(NATIVE).new && mv $(NATIVE).new $(NATIVE)

python-venv:
	test -x $(VENV)/bin/python || $(PYTHON) -m venv --system-site-packages $(VENV)
	$(VENV)/bin/pip install -q "numpy>=1.24"
	@# The NumPy that the system's torch was built for stays, and pyarrow 26 wants a newer one.
	$(VENV)/bin/python -c 'import numpy as n; print("numpy==" + n.__version__); n.__version__ < "2" and print("pyarrow<26")' > $(VENV)/held
	$(VENV)/bin/pip install -q -c $(VENV)/held $(TEST_NEEDS)
	for name in $(TEST_WANTS); do \
		$(VENV)/bin/pip install -q -c $(VENV)/held $$name || echo "$$name does not install here: its tests are left out"; \
	done

BROWSER_NEEDS := pytest playwright axe-playwright-python

browser: ## Tests of the pages in the system's Chromium; says so and passes where there is none
	test -x target/browser-venv/bin/python || $(PYTHON) -m venv target/browser-venv
	target/browser-venv/bin/pip install -q $(BROWSER_NEEDS)
	test -x target/debug/dataprep || $(CARGO) build --locked $(if $(PACKAGES),$(PACKAGES) --tests --lib,) --bins
	DATAPREP=$(abspath target/debug/dataprep) target/browser-venv/bin/python -m pytest -q -rs -p no:cacheprovider tests/browser

wheel: ## The wheel, built for release, installed and run in an environment of its own
	$(PYTHON) -m venv target/wheel-venv
	target/wheel-venv/bin/pip install -q ./python
	cd target && wheel-venv/bin/dataprep --version && wheel-venv/bin/python -c 'import dataprep.loader, dataprep.runs'

isa: ## Does a build for newer processors (x86-64-v3) give the golden bytes? (a whole build of its own)
	RUSTFLAGS="-C target-cpu=x86-64-v3" $(CARGO) build --locked --bin dataprep --target-dir target/x86-64-v3
	DATAPREP_BINARY=$(CURDIR)/target/x86-64-v3/debug/dataprep $(CARGO) test --locked --test golden --test determinism

fuzz-check: ## Do the fuzz targets compile? (running them needs nightly and cargo-fuzz)
	$(CARGO) check --manifest-path fuzz/Cargo.toml

regenerate: ## Rewrite generated files: schemas, rule and transform pages, golden hashes, transcripts
	DATAPREP_REGENERATE=1 INSTA_UPDATE=always TRYCMD=overwrite $(CARGO) test --locked

bench: ## Measure; see docs/performance.md
	$(CARGO) bench --locked
