#!/usr/bin/env bash
# Builds courier.wasm. Needs: Rust with the target wasm32-unknown-unknown (rustup), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

core=$(rust_core courier-rust)
component "$core" courier.wasm
report courier.wasm
