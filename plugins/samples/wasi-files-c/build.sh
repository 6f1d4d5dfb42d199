#!/usr/bin/env bash
# Builds notes.wasm. Needs: Python 3 (for ziglang and wasm-tools), cargo (for the adapter).
cd "$(dirname "$0")" && source ../toolbox.sh

ADAPTER=48.0.8 # crates.io wasi-preview1-component-adapter-provider

# The libc speaks WASI 0.1; the adapter makes 0.2 of it.
adapter() {
  need cargo "Rust $RUST (rustup)"
  local place="$toolbox/adapter-$ADAPTER" name=wasi-preview1-component-adapter-provider
  if [ ! -d "$place/vendor/$name" ]; then
    mkdir -p "$place/src" && touch "$place/src/lib.rs"
    printf '[package]\nname = "adapter"\nedition = "2024"\n[dependencies]\n%s = "=%s"\n[workspace]\n' "$name" "$ADAPTER" >"$place/Cargo.toml"
    (cd "$place" && cargo vendor --quiet vendor >/dev/null)
  fi
  echo "wasi_snapshot_preview1=$place/vendor/$name/artefacts/wasi_snapshot_preview1.reactor.wasm"
}

core=$(c_core ../wasi-files/notes.wit note-keeper notes.c)
component "$core" notes.wasm --adapt "$(adapter)"
report notes.wasm
