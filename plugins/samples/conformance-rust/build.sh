#!/usr/bin/env bash
# Builds conformance.wasm. Needs: Rust with the target wasm32-unknown-unknown (rustup), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(rust_core conformance-rust)
component "$core" conformance.wasm
report conformance.wasm
