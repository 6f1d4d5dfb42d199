/** Components that would use up the host by what they return, pass, keep, log or allocate. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import type { Manifest } from "../../src/host/manifest.ts";
import type { InstanceOptions, LogLine } from "../../src/host/plugin.ts";
import { guestText, hostKey, type GuestText } from "../conformance/canonical/guest.ts";
import { BUILTINS, RESOURCE } from "../conformance/canonical/resource-text.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { contained, ended, everywhereLong, heavy, TRAPPED, type Attack, type Ending } from "./attack.ts";
import { wasiCall } from "./components.ts";

interface More extends Partial<Omit<GuestText, "core" | "exports">> {
  readonly limits?: Manifest["limits"];
  readonly options?: Partial<InstanceOptions>;
}

/** A component whose `f` has this type and body. */
function bomb(what: string, tries: string, ends: Ending, type: string, core: string, more: More = {}): Attack {
  const { limits = {}, options, ...guest } = more;
  return {
    id: `bomb/${what}`,
    language: "WAT",
    tries,
    ends,
    plays: async (stage) => {
      const text = guestText({ ...guest, core, exports: { f: type } });
      return stage.call(packageOf(await parse(text), { limits }), "f", [], options);
    },
  };
}

const TOO_LARGE = ended("value-too-large");

/**
 * All of memory is one entry over and over: an address, which is 0, and a length, with whatever else lies between. As each
 * entry is a list of all entries, a type of n lists has as many elements as one list to the power of n. Lengths are made
 * of ASCII, so that memory is text as well.
 */
function aliased(what: string, tries: string, type: string, stride: number, fill: string, count = 0x1555): Attack {
  const core = `(func $entry (param $at i32) ${fill.replaceAll("COUNT", String(count))})
    (func (export "f") (result i32) (local $at i32)
      (loop $all (call $entry (local.get $at))
        (br_if $all (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const ${stride}))) (i32.const 65512))))
      (i32.store (i32.const 65528) (i32.const 0)) (i32.store (i32.const 65532) (i32.const ${count}))
      (i32.const 65528))`;
  return bomb(
    `aliased-${what}`,
    `returns ${tries}, of which each is all the others`,
    TOO_LARGE,
    `(result ${type})`,
    core,
  );
}

const LIST = "(i32.store offset=4 (local.get $at) (i32.const COUNT))";
const TAGGED = (tag: number): string =>
  `(i32.store (local.get $at) (i32.const ${tag})) (i32.store offset=8 (local.get $at) (i32.const COUNT))`;

const LIFTS: readonly Attack[] = [
  aliased("lists", "lists of lists", "(list (list (list (list u8))))", 8, LIST),
  aliased("strings", "lists of texts", "(list (list (list string)))", 8, LIST),
  aliased("numbers", "lists of numbers", "(list (list (list u64)))", 8, LIST),
  aliased("options", "lists of options of lists", "(list (option (list (option (list u8)))))", 12, TAGGED(1)),
  aliased("results", "lists of results of lists", "(list (result (list (result (list u8)))))", 12, TAGGED(0)),
  aliased(
    "tuples",
    "lists of pairs of lists",
    "(list (tuple (list (tuple (list u8) (list u8))) (list (list u8))))",
    8,
    LIST,
    0x0f7f,
  ),
];

const TAKES = {
  host: `(export "take" (func (param "x" (list (list (list u8))))))`,
  imports: { take: "(param i32 i32)" },
};

const PASSES: readonly Attack[] = [
  bomb(
    "aliased-argument",
    "passes lists to an import, of which each is all the others",
    TOO_LARGE,
    "",
    `(func (export "f") (local $at i32)
      (loop $all (i32.store offset=4 (local.get $at) (i32.const 8000))
        (br_if $all (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 64000))))
      (call $take (i32.const 0) (i32.const 8000)))`,
    { ...TAKES, options: { imports: new Map([[hostKey("take"), { colour: "sync", call: () => null }]]) } },
  ),
  bomb(
    "claimed-string",
    "returns a text that claims to be four gigabytes long",
    TRAPPED,
    "(result string)",
    `(func (export "f") (result i32) (i32.store offset=4 (i32.const 0) (i32.const -1)) (i32.const 0))`,
  ),
  bomb(
    "claimed-numbers",
    "returns numbers that claim to fill 32 gigabytes",
    TRAPPED,
    "(result (list u64))",
    `(func (export "f") (result i32) (i32.store offset=4 (i32.const 0) (i32.const -1)) (i32.const 0))`,
  ),
];

const KEEPS: readonly Attack[] = [
  bomb(
    "handles",
    "makes handles for ever",
    ended("plugin-trapped", "handle-limit", "deadline-exceeded", "memory-limit", "fuel-exhausted"),
    "(result u32)",
    `(func (export "f") (result i32) (loop $l (drop (call $new (i32.const 1))) (br $l)) (i32.const 0))`,
    { before: RESOURCE, builtins: BUILTINS, limits: { deadline: 1000 } },
  ),
  bomb(
    "memory-pages",
    "grows its memory by one page for ever, with a limit of 32 MiB, and writes to all of it",
    contained(/^512$/),
    "(result u32)",
    `(func (export "f") (result i32)
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (memory.fill (i32.const 0) (i32.const 1) (i32.shl (memory.size) (i32.const 16))) (memory.size))`,
    { limits: { memory: 32 * 2 ** 20 } },
  ),
  bomb(
    "tables",
    "grows eight tables for ever",
    contained(/^-?\d+$/),
    "(result s32)",
    `${Array.from({ length: 8 }, (_, at) => `(table $t${at} 0 externref)`).join(" ")}
     (func (export "f") (result i32)
       ${Array.from({ length: 8 }, (_, at) => `(loop $l${at} (br_if $l${at} (i32.ne (table.grow $t${at} (ref.null extern) (i32.const 10000)) (i32.const -1))))`).join("\n")}
       (table.size $t7))`,
  ),
  bomb(
    "import-flood",
    "calls an import twenty thousand times",
    contained(/^20000$/),
    "(result u32)",
    `(func (export "f") (result i32) (local $n i32)
      (loop $again (call $note (local.get $n))
        (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20000))))
      (local.get $n))`,
    {
      host: `(export "note" (func (param "x" u32)))`,
      imports: { note: "(param i32)" },
      options: { imports: new Map([[hostKey("note"), { colour: "sync", call: () => null }]]) },
    },
  ),
];

/** The heap that GC types live on is V8's. Its cap is the realm's: at L0 there is none (docs: not promised). */
const COLLECTED: Attack = {
  ...bomb(
    "collected",
    "keeps arrays of the GC proposal for ever",
    ended("memory-limit", "plugin-trapped"),
    "(result u32)",
    `(type $a (array (mut i64))) (type $l (struct (field (ref null $l)) (field (ref $a))))
     (global $all (mut (ref null $l)) (ref.null $l))
     (func (export "f") (result i32)
       (loop $more (global.set $all (struct.new $l (global.get $all) (array.new_default $a (i32.const 1000000)))) (br $more))
       (i32.const 0))`,
    { limits: { deadline: 15_000 } },
  ),
  levels: ["L1"],
  long: ["L2"],
};

/** Writes to standard output, which WASI turns into lines of the log. */
function logging(what: string, tries: string, count: number, line: string, ends: Ending): Attack {
  const escaped = [...Buffer.from(line)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  return {
    id: `bomb/${what}`,
    language: "WAT",
    tries,
    ends,
    plays: async (stage) => {
      const lines: LogLine[] = [];
      const imports = `(import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
        (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))`;
      const body = `(local $out i32) (local $n i32)
        (local.set $out (call $stdout))
        (loop $again (call $write (local.get $out) (i32.const 1024) (i32.const ${Buffer.byteLength(line)}) (i32.const 64))
          (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${count}))))
        (local.get $n)) (data (i32.const 1024) "${escaped}") (func`;
      const said = await wasiCall(stage, imports, body, { log: (each) => void lines.push(each) });
      const controls = lines.filter(({ text }) => /[\n\r]/.test(text)).length;
      return `${said}, more than one line ${controls}, at most ${lines.length <= count ? "as many as written" : lines.length}`;
    },
  };
}

const LOGS: readonly Attack[] = [
  logging(
    "log-flood",
    "writes 30,000 lines to standard output",
    30_000,
    "spam\n",
    contained(/^30000, more than one line 0, at most as many as written$/),
  ),
  logging(
    "log-forged",
    "writes lines that pretend to be the host's",
    1,
    "well\r\u001b[2K\u001b[31merror sennit: gone\u001b[0m\n",
    contained(/^1, more than one line [01]/),
  ),
];

export const BOMBS: readonly Attack[] = [
  ...[...LIFTS, ...PASSES, ...KEEPS].map(everywhereLong),
  COLLECTED,
  ...LOGS.map(everywhereLong),
].map(heavy);
