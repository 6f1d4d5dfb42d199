/** Appends to a store for ever, and says what was acknowledged. To be killed. */
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { newRun, note } from "../stores.ts";

const store = await openSqlite(process.argv[2] ?? "");
await Promise.all(["a", "b", "c"].map((id) => writeTo(id)));

async function writeTo(id: string): Promise<void> {
  if (!(await store.create(newRun(id)))) await store.open(id);
  for (;;) {
    const at = store.durable(id);
    const last = store.append(id, [note(`${id} ${at + 1}`), note(`${id} ${at + 2}`)]);
    await store.flushed(id, last);
    process.stdout.write(`${id} ${last}\n`);
  }
}
