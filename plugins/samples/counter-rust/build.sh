#!/usr/bin/env bash
# Builds counter.wasm. Needs: Rust with the target wasm32-unknown-unknown (rustup), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(rust_core counter-rust)
component "$core" counter.wasm
report counter.wasm
