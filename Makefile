# What developers and CI run. Everything that is installed goes into ignored folders of this
# repository (target/); nothing else on the machine is touched.

CARGO ?= cargo

.PHONY: help test fmt clippy rust doc isa fuzz-check regenerate bench ready

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

test: fmt clippy rust doc ## Everything CI checks: format, lints, tests, generated files, docs

ready: test ## The same, under the name some people look for

fmt: ## Is the code formatted?
	$(CARGO) fmt --all --check

clippy: ## Lints, warnings denied
	$(CARGO) clippy --locked --all-targets -- -D warnings

rust: ## Unit, property, transcript, crash and golden tests
	$(CARGO) test --locked

doc: ## Does the documentation build without warnings?
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

isa: ## Does a build for newer processors (x86-64-v3) give the golden bytes? (a whole build of its own)
	RUSTFLAGS="-C target-cpu=x86-64-v3" $(CARGO) build --locked --bin dataprep --target-dir target/x86-64-v3
	DATAPREP_BINARY=$(CURDIR)/target/x86-64-v3/debug/dataprep $(CARGO) test --locked --test golden --test determinism

fuzz-check: ## Do the fuzz targets compile? (running them needs nightly and cargo-fuzz)
	$(CARGO) check --manifest-path fuzz/Cargo.toml

regenerate: ## Rewrite generated files: schemas, rule and transform pages, golden hashes, transcripts
	DATAPREP_REGENERATE=1 INSTA_UPDATE=always TRYCMD=overwrite $(CARGO) test --locked

bench: ## Measure; see docs/performance.md
	$(CARGO) bench --locked
