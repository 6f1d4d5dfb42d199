/** Opens a store, and says what becomes of that. */
import { Fault } from "../../../src/fault.ts";
import { readSqlite } from "../../../src/journal/sqlite/sqlite-reader.node.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";

const path = process.argv[2] ?? "";
try {
  await using store = await openSqlite(path);
  void store;
  console.log("opened");
} catch (thrown) {
  console.log(thrown instanceof Fault ? thrown.code : String(thrown));
}
try {
  using reader = readSqlite(path);
  console.log((await reader.list({})).map(({ id }) => id).join());
} catch (thrown) {
  console.log(thrown instanceof Fault ? thrown.code : String(thrown));
}
