/**
 * Ownership of a store (S4): a write transaction that is held open on a file beside it. The operating system ends it with
 * the process, however that ends, so there is nothing that could be left behind.
 */
import { Fault } from "../../fault.ts";
import { nodeDriver } from "./driver.node.ts";
import { sqliteCode, troubleWith } from "./trouble.ts";

const BUSY = 5;

/** @throws {Fault} `store-locked` when another process, or this one, has it */
export function lock(path: string): Disposable {
  const place = `${path}.lock`;
  try {
    const driver = nodeDriver(place);
    try {
      driver.exec("pragma locking_mode = exclusive; begin exclusive");
      return { [Symbol.dispose]: () => driver.close() };
    } catch (thrown) {
      driver.close();
      throw thrown;
    }
  } catch (thrown) {
    if (sqliteCode(thrown) !== BUSY) throw troubleWith(place, thrown);
    throw new Fault("store-locked", `${path} is in use by another process`, {
      hint: "Talk to that process, stop it, or use another store.",
    });
  }
}
