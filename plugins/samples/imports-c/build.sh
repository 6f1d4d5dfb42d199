#!/usr/bin/env bash
# Builds shout.wasm. Needs: Python 3 (for ziglang and wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(c_core wit shout shout.c)
component "$core" shout.wasm
report shout.wasm
