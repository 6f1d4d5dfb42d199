/** Going on with a run somewhere else: all that is needed, as data that any realm or process can be sent. */
import { decodeIr } from "../../../src/lang/ir/ir-codec.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";

export interface Job {
  readonly ir: Uint8Array;
  readonly state: Uint8Array;
  /** Answers that are plain data. */
  readonly left: readonly { readonly id: string; readonly value: number | string | boolean | null }[];
}

export interface Resumed {
  readonly lines: readonly string[];
  readonly state: string;
}

export function goOn(job: Job): Resumed {
  const ir = decodeIr(new Uint8Array(job.ir));
  const vm = Vm.decode(ir, new Uint8Array(job.state));
  const lines: string[] = [];
  for (let at = 0; ; at++) {
    const outcome = vm.run();
    for (const { request } of outcome.requests) if (request.kind === "print") lines.push(request.text);
    if (outcome.state !== "waiting") return { lines, state: outcome.state };
    const next = job.left[at]!;
    vm.deliver(next.id, { kind: "ok", value: next.value });
  }
}
