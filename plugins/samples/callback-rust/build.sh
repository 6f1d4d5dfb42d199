#!/usr/bin/env bash
# Builds apply.wasm. Needs: Rust with the target wasm32-unknown-unknown (rustup), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(rust_core callback-rust)
component "$core" apply.wasm
report apply.wasm
