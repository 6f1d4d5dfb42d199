#!/usr/bin/env bash
# Builds counter.wasm. Needs: Python 3 (for ziglang and wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(c_core ../counter/counter.wit counter counter.c)
component "$core" counter.wasm
report counter.wasm
