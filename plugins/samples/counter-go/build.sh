#!/usr/bin/env bash
# Builds counter.wasm. Needs: Go (see toolbox.sh), Python 3 (for wasm-tools).
cd "$(dirname "$0")" && source ../toolbox.sh

need go "Go $GO"
GOTOOLCHAIN=local GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 \
  go build -trimpath -buildvcs=false -buildmode=c-shared -ldflags="-s -w -buildid=" -o "$toolbox/counter-go.wasm" .
core=$(embed ../counter/counter.wit counter "$toolbox/counter-go.wasm")
adapter=$(no_wasi)
component "$core" counter.wasm --adapt "$adapter"
report counter.wasm
