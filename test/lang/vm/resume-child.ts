/** Run by tests in a process of its own: reads IR, a state and the deliveries that are left, and goes on to the end. */
import { readFileSync, writeFileSync } from "node:fs";
import { deserialize } from "node:v8";
import { decodeIr } from "../../../src/lang/ir/ir-codec.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";

interface Job {
  readonly ir: Uint8Array;
  readonly state: Uint8Array;
  /** Answers that are plain data. */
  readonly left: readonly { readonly id: string; readonly value: number | string | boolean | null }[];
}

const [, , input, output] = process.argv;
const job = deserialize(readFileSync(input as string)) as Job;
const ir = decodeIr(new Uint8Array(job.ir));
const vm = Vm.decode(ir, new Uint8Array(job.state));
const lines: string[] = [];
for (let at = 0; ; at++) {
  const outcome = vm.run();
  for (const { request } of outcome.requests) if (request.kind === "print") lines.push(request.text);
  if (outcome.state !== "waiting") {
    writeFileSync(output as string, JSON.stringify({ lines, state: outcome.state }));
    break;
  }
  const next = job.left[at]!;
  vm.deliver(next.id, { kind: "ok", value: next.value });
}
