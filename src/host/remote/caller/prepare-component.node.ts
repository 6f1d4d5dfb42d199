/** A component is decoded, validated and, where our own binding has no plan for it, bound. */
import { createHash } from "node:crypto";
import { Fault } from "../../../fault.ts";
import { type Component, decodeComponent } from "../../../wit/decoder.ts";
import { WitError } from "../../../wit/error.ts";
import { describe, hasJspi } from "../../component/describe.ts";
import type { ToolRequest } from "../../component/jco/code.ts";
import { packedKey } from "../../component/jco/load-packed.node.ts";
import { packedOnce, validateOnce } from "../../component/jco/load.node.ts";
import { refuseShadowingNames } from "../../component/jco/names.ts";
import { allThatMayWait, transpileOptions } from "../../component/jco/options.ts";
import type { TranspileOptions } from "../../component/jco/transpiled.ts";
import { savingOf } from "../../component/saving.ts";
import { refuseOtherThanComponent } from "../../component/sniff.ts";
import type { PackageFiles } from "../../manifest.ts";
import { stateOwner } from "../../state/bytes.ts";
import type { Parcel } from "../frames/parcel.ts";
import type { Prepared } from "./prepare.node.ts";

type Kept = Parcel["kept"];

export async function prepareComponent(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  const { manifest, place } = files;
  const bytes = await files.read(manifest.source);
  const where = place.endsWith(".wasm") ? place : `${place}/${manifest.source}`;
  refuseOtherThanComponent(bytes, where);
  const component = decoded(bytes, where);
  const { world } = component;
  const digest = createHash("sha256").update(bytes).digest("hex");
  const request = { bytes, digest, options: optionsOf(component, manifest.wants, where) };
  const kept = await placed(where, () => readied(component, request, cacheFolder));
  const parcel = { manifest, place, files: new Map([[manifest.source, bytes]]), kept };
  return { files, world, digest, stateOf: once(() => stateOfComponent(component, bytes, digest, where)), parcel };
}

/** All code of it is read for this, and none is run. */
function stateOfComponent(
  component: Component,
  bytes: Uint8Array,
  digest: string,
  place: string,
): readonly string[] | undefined {
  const { reason } = savingOf({ bytes, component }, describe(component, hasJspi(), undefined, place));
  return reason === null ? stateOwner(place, "component", digest).stateOf : undefined;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function decoded(bytes: Uint8Array, place: string): Component {
  try {
    return decodeComponent(bytes);
  } catch (cause) {
    if (!(cause instanceof WitError)) throw cause;
    const code = cause.code === "unsupported" ? "component-unsupported" : "component-invalid";
    throw new Fault(code, `Cannot load ${place}: ${cause.message}`, { cause });
  }
}

/** A direct one has none. In a realm, whatever others provide may wait. */
function optionsOf(component: Component, wants: readonly string[], place: string): TranspileOptions {
  const { path, imports } = describe(component, hasJspi(), undefined, place);
  if (path === "direct") return { interfaces: [], asyncImports: [], asyncExports: [] };
  refuseShadowingNames(component.world, place);
  return transpileOptions(component.world, allThatMayWait(component.world, imports, wants));
}

/** By the tools, in a thread of theirs, once for each component: it is validated, and bound where it has no plan. */
async function readied({ plan }: Component, request: ToolRequest, cacheFolder?: string): Promise<Kept> {
  const options = cacheFolder === undefined ? {} : { cacheFolder };
  if ("reason" in plan) return new Map([[packedKey(request.digest), await packedOnce(request, options)]]);
  await validateOnce(request, options);
  return new Map();
}

async function placed<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    throw new Fault(thrown.code, `Cannot load ${place}: ${thrown.message}`, { cause: thrown.cause });
  }
}
