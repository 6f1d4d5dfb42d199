#!/usr/bin/env bash
# Builds plot.wasm. Needs: Node and npm (for componentize-qjs), Python 3 (for wasm-tools), a C compiler (see toolbox.sh).
cd "$(dirname "$0")" && source ../toolbox.sh

quickjs plot.wit plot plot.js plot.wasm
report plot.wasm
