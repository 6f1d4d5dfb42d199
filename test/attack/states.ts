/** Saved states that a stranger wrote: a store that was tampered with, a file that was imported. */
import type { PackageFiles } from "../../src/host/manifest.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { Fault } from "../../src/fault.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { place } from "../samples/packages.ts";
import { contained, everywhereInTime, everywhereLong, neverStarts, type Attack } from "./attack.ts";
import type { Stage } from "./stage.ts";

const REFUSED = neverStarts("state-invalid");

type Change = (state: Uint8Array<ArrayBuffer>) => Uint8Array;

function files(sample: string): Promise<PackageFiles> {
  return readPackage(place(sample));
}

/** What an honest instance of a sample counter left after a call. */
async function stateOf(stage: Stage, plugin: Plugin): Promise<Uint8Array<ArrayBuffer>> {
  await using instance = await plugin.instantiate(stage.options());
  await instance.call("increment", []);
  const state = await instance.save?.();
  if (!(state instanceof Uint8Array)) throw new Error("nothing was saved");
  return Uint8Array.from(state);
}

function state(what: string, tries: string, sample: string, change: Change): Attack {
  const plays = async (stage: Stage): Promise<string> => {
    const plugin = await stage.keep(await files(sample));
    const changed = change(await stateOf(stage, plugin));
    const instance = await stage.start(plugin, { state: changed });
    return stage.say(await instance.call("increment", []));
  };
  return everywhereLong({ id: `state/${what}`, language: "bytes", tries, ends: REFUSED, plays });
}

/** Sets a word, counted from where the memory's own begin: its size, its number of pieces, the first page of one, and how many. */
function memoryWord(word: number, value: number): Change {
  return (bytes) => {
    const view = new DataView(bytes.buffer);
    const [size, pieces] = [17, 1]; // of the sample: pages of its memory, and pieces of it that are not zero
    for (let at = 0; at + 8 < bytes.length; at++) {
      if (view.getUint32(at, true) !== size || view.getUint32(at + 4, true) !== pieces) continue;
      view.setUint32(at + 4 * word, value, true);
      return bytes;
    }
    throw new Error("the sample has another memory now");
  };
}

const OF_OTHERS: Attack = everywhereInTime({
  id: "state/other",
  language: "bytes",
  tries: "is the state of another plugin",
  ends: REFUSED,
  plays: async (stage) => {
    const other = await stage.keep(await files("counter-c"));
    const plugin = await stage.keep(await files("counter-rust"));
    const instance = await stage.start(plugin, { state: await stateOf(stage, other) });
    return stage.say(await instance.call("increment", []));
  },
});

/** A state that is well formed may say what it likes of the guest: that is the guest's sandbox. */
const FORGED: Attack = everywhereInTime({
  id: "state/forged",
  language: "bytes",
  tries: "has every byte of the guest's memory changed",
  ends: contained(/^(?:\d+|[a-z-]+)$/),
  plays: async (stage) => {
    const plugin = await stage.keep(await files("counter-lua"));
    const bytes = await stateOf(stage, plugin);
    for (let at = bytes.length - 40_000; at < bytes.length - 4000; at++) bytes[at] = (bytes[at] ?? 0) ^ 0xa5;
    const instance = await plugin.instantiate(stage.options({ state: bytes, limits: { fuel: 1e7, deadline: 2000 } }));
    try {
      return stage.say(await instance.call("increment", []));
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      return stage.say(thrown.code);
    } finally {
      await instance[Symbol.asyncDispose]();
    }
  },
});

export const STATES: readonly Attack[] = [
  OF_OTHERS,
  state("cut", "ends in the middle", "counter-rust", (bytes) => bytes.subarray(0, bytes.length / 2)),
  state("cut-lua", "ends in the middle", "counter-lua", (bytes) => bytes.subarray(0, bytes.length / 2)),
  state("longer", "goes on behind its end", "counter-rust", (bytes) => Buffer.concat([bytes, bytes])),
  state("none", "is nothing", "counter-rust", () => new Uint8Array()),
  state("large", "claims a memory of 4 GiB", "counter-rust", memoryWord(0, 65_536)),
  state("larger", "claims a memory of 256 TiB", "counter-rust", memoryWord(0, 0xffff_ffff)),
  state("small", "claims a memory that is smaller than it begins", "counter-rust", memoryWord(0, 1)),
  state("pieces", "claims four billion pieces of memory", "counter-rust", memoryWord(1, 0xffff_ffff)),
  state("outside", "writes beyond the end of the memory", "counter-rust", memoryWord(2, 17 * 16)),
  state("longer-piece", "claims more bytes than there are", "counter-rust", memoryWord(3, 17 * 16)),
  FORGED,
];
