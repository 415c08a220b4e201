# SPDX-License-Identifier: Apache-2.0
# One target a chore, the same on a laptop and in CI. cmake --preset and ctest --preset do the same by hand.
JOBS ?= $(shell nproc)
configure = cmake --preset $(1) >/dev/null
build = $(call configure,$(1)) && cmake --build --preset $(1) -j $(JOBS)
# Browsers wait more than they work: one test more than processors.
ctest = ctest -j $$(( $(JOBS) + 1 )) --output-on-failure

.PHONY: all release asan wasm headers demo test quick unit e2e lint doctor pictures soak bench coverage fmt clean
all: release

release:
	@$(call build,release)
asan:
	@$(call build,asan)
wasm:
	@$(call build,wasm)
	@cmake --build --preset wasm -j $(JOBS) --target wasm_tests
headers: release
	@cmake --build --preset release -j $(JOBS) --target all_verify_interface_header_sets

demo:
	@tools/setup demo
	@$(call build,release)
	@build/release/jumin demo $(if $(KEEP),--keep)

# Both presets in one ctest: its summary counts them all and is the last thing printed.
test:
	@tools/setup test
	@$(call build,release)
	@cmake --build --preset release -j $(JOBS) --target all_verify_interface_header_sets
	@$(MAKE) --no-print-directory wasm
	@$(call build,asan)
	@printf 'subdirs(release asan)\n' >build/CTestTestfile.cmake
	@$(ctest) --test-dir build --output-junit junit.xml

# Under three minutes: no sanitizers, no wasm, nothing end to end.
quick: release
	@$(ctest) --test-dir build/release -L 'unit|fuzz'
e2e: release wasm
	@$(ctest) --test-dir build/release -L e2e
lint: release wasm
	@$(ctest) --test-dir build/release -L lint
# Every screen of every page, in both languages and themes, as a picture: build/pictures; those that documents show are renewed.
pictures: release
	@tools/setup test
	@PICTURES=$(CURDIR)/build/pictures ctest --test-dir build/release -R 'e2e\..*_page' --output-on-failure
	@for f in docs/pictures/*.png; do cp build/pictures/$${f##*/} $$f; done
doctor: release
	@build/release/jumin doctor
soak:
	@tools/setup test
	@JOBS=$(JOBS) tools/soak.sh $(SECONDS_EACH)
bench: release wasm
	@tools/bench.sh $(BENCH)
coverage:
	@tools/setup test
	@$(call build,coverage)
	@find build/coverage -name '*.gcda' -delete
	@$(ctest) --test-dir build/coverage
	@tools/coverage.sh

fmt:
	@tools/setup test
	@find src include tests bench tools \( -name '*.c' -o -name '*.h' \) -exec clang-format-19 -i {} +
clean:
	rm -rf build
