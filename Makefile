# One profile (release) everywhere, so that test, demo and bench share every compiled dependency.
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

.DEFAULT_GOAL := help
.PHONY: help demo test wheel test-faults test-az bench bench-search bench-large bench-upload bench-stack bench-graph check fuzz clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## ?/make \1\t/' | expand -t 18

demo: ## from raw rasters to a plot, in a folder of its own; installs only what the build needs
	@scripts/install.sh build
	@scripts/demo.sh

test: ## unit, doc and end-to-end tests
	@scripts/install.sh test
	@scripts/test.sh

wheel: ## the Python package, as a wheel in the target folder; installs it among the judges of the tests
	@scripts/install.sh judges
	@scripts/wheel.sh

test-az: ## the requests of `swath account` against those of the real az; installs it (0.7 GB)
	@scripts/install.sh judges
	@scripts/test-az.sh

test-faults: ## kills, bad networks, many publishers: as often as before a release; takes an hour
	@scripts/install.sh test
	@scripts/test-faults.sh

bench: ## against rio-cogeo and the GDAL COG driver; leaves a dated folder in bench/runs
	@scripts/install.sh judges
	@scripts/bench.sh

bench-large: ## one large image against the GDAL COG driver; takes 4 GB of disk
	@scripts/install.sh judges
	@scripts/bench.sh large

bench-upload: ## small and large files to a container, against azcopy and obstore; takes 2 GB of disk
	@scripts/install.sh test
	@scripts/bench.sh upload

bench-stack: ## 20 tiles over HTTP to one array, near and 25 ms away, against odc-stac, stackstac and rasterio
	@scripts/install.sh judges
	@scripts/bench.sh stack

bench-graph: ## the Dask graph of 10,000 items, against odc-stac
	@scripts/install.sh judges
	@scripts/wheel.sh
	@scripts/bench.sh graph

bench-search: ## static trees and tables over HTTP, against pystac, rustac, DuckDB and pyarrow; takes 9 GiB of memory
	@scripts/install.sh test
	@scripts/bench.sh search

check: ## format, lints, arrows between crates, file sizes, licences
	@scripts/install.sh lint
	@scripts/check.sh

fuzz: ## every parser and decoder, 20 minutes each; needs nightly Rust and cargo-fuzz
	@scripts/fuzz.sh

clean: ## remove what was built and what the demo left
	rm -rf demo
	cargo clean
