#!/usr/bin/env bash
# Builds counter.wasm. Needs: Node and npm (for componentize-qjs), Python 3 (for wasm-tools), a C compiler (see toolbox.sh).
cd "$(dirname "$0")" && source ../toolbox.sh

quickjs ../counter/counter.wit counter counter.js counter.wasm
report counter.wasm
