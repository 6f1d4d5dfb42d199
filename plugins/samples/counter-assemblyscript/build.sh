#!/usr/bin/env bash
# Builds counter.wasm. Needs: Node and npm (for assemblyscript), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

place=$(npm_package assemblyscript "$ASSEMBLYSCRIPT")
core="$toolbox/counter-as.wasm" text="$toolbox/counter-as.wat"
node "$place/node_modules/assemblyscript/bin/asc.js" counter.ts -O2 --runtime incremental --use abort= --textFile "$text"
# An identifier of AssemblyScript has no hyphen, the WIT name has one.
sed -i.all 's/(export "\(cabi_post_\)\{0,1\}count_words"/(export "\1count-words"/' "$text"
wasm_tools parse "$text" -o "$core"
core=$(embed ../counter/counter.wit counter "$core")
component "$core" counter.wasm
report counter.wasm
