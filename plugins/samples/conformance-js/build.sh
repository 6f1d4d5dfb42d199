#!/usr/bin/env bash
# Builds conformance.wasm. Needs: Node and npm (for componentize-qjs), Python 3 (for wasm-tools), a C compiler (see toolbox.sh).
cd "$(dirname "$0")" && source ../toolbox.sh

quickjs ../conformance/conformance.wit conformance conformance.js conformance.wasm
report conformance.wasm
