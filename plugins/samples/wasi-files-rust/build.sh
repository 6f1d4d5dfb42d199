#!/usr/bin/env bash
# Builds notes.wasm. Needs: Rust with the target wasm32-wasip2 (rustup), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

need cargo "Rust $RUST with the target wasm32-wasip2 (rustup)"
RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$PWD=/source" \
  cargo build --quiet --locked --release --target wasm32-wasip2 --target-dir "$toolbox/wasi-files-rust" # T3
wasm_tools strip --all "$toolbox/wasi-files-rust/wasm32-wasip2/release/wasi_files_rust.wasm" -o notes.wasm
wasm_tools validate --features all notes.wasm
report notes.wasm
