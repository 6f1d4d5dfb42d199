/** Appends to a store, stops itself with nothing under way, and appends again when somebody wakes it. */
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { newRun, note } from "../stores.ts";

const store = await openSqlite(process.argv[2] ?? "");
await store.create(newRun("a"));
await store.flushed("a", store.append("a", [note("before")]));
process.stdout.write("stops\n", () => {
  process.kill(process.pid, "SIGSTOP");
  store.flushed("a", store.append("a", [note("after")])).then(
    () => process.stdout.write("appended\n"),
    (why: unknown) => process.stdout.write(`${String(why)}\n`),
  );
});
