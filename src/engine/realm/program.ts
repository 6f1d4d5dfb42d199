/** A program as the engine gives it to its workers. */
import type { Plugin } from "../../host/plugin.ts";
import type { PythonPlugin } from "../../host/python/plugin.node.ts";
import type { Parcel } from "../../host/remote/frames/parcel.ts";
import { encodeIr } from "../../lang/ir/ir-codec.ts";
import { ByteWriter } from "../../lang/ir/ir-bytes.ts";
import { ValueWriter } from "../../lang/ir/ir-values.ts";
import { functionOf } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedPackage, LoadedProgram } from "../load/loaded.ts";
import type { PackageMessage, Place, ToWorker } from "./said/messages.ts";
import { crossing, crossingWorld } from "./said/untyped-functions.ts";

export interface RealmProgram {
  readonly program: LoadedProgram;
  readonly places: readonly Place[];
  /** By package: what is behind a connection to it; null for those inside. */
  readonly outside: readonly (Plugin | null)[];
}

/** @param parcels by package; null for those that stay outside */
export function realmProgram(program: LoadedProgram, parcels: readonly (Parcel | null)[]): RealmProgram {
  const both = program.packages.map((pack, at) => placeOf(program, pack, at, parcels[at] ?? null));
  return {
    program,
    places: both.map(({ place }) => place),
    outside: both.map(({ outside }) => outside),
  };
}

function placeOf(
  { ir }: LoadedProgram,
  { plugin }: LoadedPackage,
  at: number,
  parcel: Parcel | null,
): { readonly place: Place; readonly outside: Plugin | null } {
  if (parcel !== null) return { place: { kind: "inside", parcel }, outside: null };
  const { manifest, digest, abortable = false, stateOf } = plugin;
  const called = ir.calls.filter((call) => call.package === at).map((call) => call.function);
  const names = [...new Set(called)].filter((name) => functionOf(plugin.world.exports, name) === undefined);
  const untyped = names.length > 0;
  const way = untyped ? "untyped" : isPython(plugin) ? "python" : "frames";
  const world = untyped ? crossingWorld(names) : plugin.world;
  const outside = untyped ? crossing(plugin, world) : plugin;
  return { place: { kind: "outside", manifest, world, digest, way, abortable, stateOf }, outside };
}

/** Its instances are workers that somebody else can be connected with. */
export function isPython(plugin: Plugin): plugin is PythonPlugin {
  return plugin.manifest.language === "python" && "connect" in plugin;
}

export function openMessage(number: number, { program, places }: RealmProgram): ToWorker {
  const packages = program.packages.map(({ name, imports, granted }, at): PackageMessage => {
    return { name, imports, granted, place: places[at] as Place };
  });
  const { ir, result, limits } = program;
  return { kind: "open", program: number, ir: encodeIr(ir), result, limits, packages };
}

/** One list. */
export function valuesMessage(values: readonly Value[]): Uint8Array {
  const writer = new ValueWriter();
  const number = writer.add(values);
  const out = new ByteWriter();
  writer.finish(out);
  out.uint(number);
  return out.finish();
}
