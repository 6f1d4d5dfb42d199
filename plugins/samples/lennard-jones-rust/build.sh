#!/usr/bin/env bash
# Builds lennard-jones.wasm. Needs: Rust with the target wasm32-unknown-unknown (rustup), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(rust_core lennard-jones)
component "$core" lennard-jones.wasm
report lennard-jones.wasm
