#!/usr/bin/env bash
# Builds counter.wasm from the very source that runs on Pyodide. Needs: Python 3 (for componentize-py and wasm-tools).
# The whole interpreter is in it: tens of megabytes, not committed, and not
# the same bytes in every build. With a folder as argument it is written there.
cd "$(dirname "$0")" && source ../toolbox.sh

output="${1:-.}/counter.wasm"
componentize=$(pip_tool componentize-py "$COMPONENTIZE_PY" componentize-py)
source="$toolbox/counter-python" # a copy: compiling leaves __pycache__ beside the source
mkdir -p "$source" && cp app.py "$source"
"$componentize" --wit-path counter.wit --world counter componentize --stub-wasi app -p "$source" -o "$output" >&2
wasm_tools validate --features all "$output"
report "$output"
