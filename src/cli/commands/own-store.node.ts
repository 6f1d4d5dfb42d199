/** A store that a command writes to itself: no daemon may own it meanwhile. */
import { Fault } from "../../fault.ts";
import type { Store } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { daemonOf } from "../daemon-client.node.ts";
import { openStore } from "../store-file.node.ts";
import type { Terminal } from "../terminal.node.ts";

/** @throws {Fault} `daemon-owns` */
export async function withOwnStore<T>(
  invocation: Invocation,
  terminal: Terminal,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if ((await daemonOf(invocation, terminal)) !== null) {
    throw new Fault("daemon-owns", "A daemon owns this store", {
      hint: "`sennit daemon stop` first; it drives the new run once it is started again",
    });
  }
  await using store = await openStore(invocation);
  return await work(store);
}

/** @throws {Fault} `usage` */
export function onlyRun(invocation: Invocation): string {
  const [id, more] = invocation.positionals;
  if (id !== undefined && more === undefined) return id;
  throw new Fault("usage", `\`sennit ${invocation.command.name}\` needs the id of one run`, {
    hint: invocation.command.usage,
  });
}
