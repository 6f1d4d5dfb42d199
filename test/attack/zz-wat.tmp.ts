import { openPlugin } from "/work/main/src/host/open.node.ts";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { guestText } from "/work/main/test/conformance/canonical/guest.ts";
import { packageOf } from "/work/main/test/host/component-fixtures.ts";
const [count = "1000000", type = "i64", level = "L1"] = process.argv.slice(2);
const core = `(type $a (array (mut ${type}))) (type $l (struct (field (ref null $l)) (field (ref $a))))
     (global $all (mut (ref null $l)) (ref.null $l))
     (func (export "f") (result i32)
       (loop $more (global.set $all (struct.new $l (global.get $all) (array.new_default $a (i32.const ${count})))) (br $more))
       (i32.const 0))`;
const text = guestText({ core, exports: { f: "(result u32)" } } as any);
const plugin = await openPlugin(packageOf(await parse(text), { limits: (process.env.NOLIM ? {} : { deadline: 15000 }) as any }), { cacheFolder: "/tmp/attackers/cache", isolation: level as any });
const instance = await plugin.instantiate({
  id: 1, imports: new Map([["host", { colour: "sync", call: ([x]: any) => x ?? 0 }], ["tell", { colour: "sync", call: () => null }]]) as any,
  seed: new Uint8Array(32).fill(7), now: () => 1_700_000_000_000, log: () => {}, sleep: () => Promise.resolve(),
} as any);
const b = performance.now();
let peak = 0; const t = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()); }, 20);
let said: string;
try { said = "said " + String(await instance.call("f", [])).slice(0, 150); } catch (e: any) { said = "fault " + e.code + ": " + String(e.message).slice(0, 150); }
clearInterval(t);
console.log(said, "|", Math.round(performance.now() - b), "ms peak", Math.round(peak / 2 ** 20), "alive", instance.alive);
await instance[Symbol.asyncDispose](); await plugin[Symbol.asyncDispose]();
