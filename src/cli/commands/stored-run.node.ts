/**
 * A run that a store keeps, at a terminal: it is driven here, and what it shows is read from its log as that becomes durable.
 *
 *   T1  Every line is printed, in order. One that was printed just before the process was killed may be printed again.
 */
import { Fault } from "../../fault.ts";
import { resumeRun } from "../../engine/durable/durable-run.ts";
import { follow } from "../../engine/durable/follow.ts";
import { ValueBytes } from "../../engine/durable/value-bytes.ts";
import { faultOf } from "../../engine/guests/failure.ts";
import { PROGRAM } from "../../engine/load/grants.ts";
import type { Loaded } from "../../engine/load/load.node.ts";
import { toPlain } from "../../engine/embedding/plain.ts";
import type { Plain } from "../../engine/embedding/plain.ts";
import { nodePorts } from "../../engine/platform/ports.node.ts";
import type { RunEvent } from "../../engine/platform/ports.ts";
import { forkTo } from "../../engine/embedding/run-program.node.ts";
import type { RunResult } from "../../engine/loop/run-options.ts";
import { CorePool } from "../../host/worker/core-pool.node.ts";
import type { Store } from "../../journal/store.ts";
import type { Terminal } from "../terminal.node.ts";

/** Who has read how far: this is a run's own terminal. */
const TERMINAL = "terminal";

export interface Driven {
  readonly store: Store;
  readonly id: string;
  readonly loaded: Extract<Loaded, { readonly ok: true }>;
  readonly signal: AbortSignal;
  /** A parked run is taken up all the same. */
  readonly force?: boolean;
  /** Gets each printed line. */
  readonly onPrint: (line: string) => void;
  readonly terminal: Terminal;
}

/** Drives a run to its end. @throws {Fault} with the error's code when it failed or was cancelled */
export async function drive({ store, id, loaded, signal, force = false, onPrint, terminal }: Driven): Promise<Plain> {
  const { program, opened, grants, project } = loaded;
  await using cores = new CorePool();
  const ports = nodePorts(project.folder, forkTo(cores, opened), () => {});
  const stop = new AbortController();
  const showing = show(store, id, stop.signal, (event) => {
    if (event.kind === "print") onPrint(event.text);
    else if (event.kind !== "emit") terminal.event(event);
  });
  showing.catch(() => {}); // looked at below, after the run
  const allowsCommand = (command: string): boolean => grants.allows(PROGRAM, { kind: "run", name: command });
  const alive = setInterval(() => {}, 1e9); // a run that waits for a signal alone waits for nothing of this process
  try {
    const result = await resumeRun(store, program, id, ports, { grants: { allowsCommand }, signal, force });
    await showing;
    return outcome(result, (value) => toPlain(program.result, value));
  } finally {
    clearInterval(alive);
    stop.abort();
    await showing.catch(() => {}); // the run's own failure is what is told
    terminal.clearProgress();
  }
}

/** T1. Until the run has ended or somebody stops it. */
async function show(store: Store, id: string, until: AbortSignal, shown: (event: RunEvent) => void): Promise<void> {
  const from = (await store.marked(id, TERMINAL)) + 1;
  for await (const { lsn, event } of follow(store, id, new ValueBytes(null), { from, until })) {
    shown(event);
    store.mark(id, TERMINAL, lsn);
  }
}

function outcome(result: RunResult, plain: (value: Extract<RunResult, { state: "done" }>["value"]) => Plain): Plain {
  switch (result.state) {
    case "done":
      return plain(result.value);
    case "failed":
      throw faultOf(result.error);
    case "cancelled":
      throw new Fault("cancelled", "The run was cancelled");
  }
}
