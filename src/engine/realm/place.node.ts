/** Which loaded programs run in a worker, and how they get there. */
import { startRunThread } from "./thread.node.ts";
import type { PackageFiles } from "../../host/manifest.ts";
import type { Plugin } from "../../host/plugin.ts";
import type { Parcel } from "../../host/remote/frames/parcel.ts";
import type { Elsewhere, LoadedProgram } from "../load/loaded.ts";
import { type Lease, RunsElsewhere } from "./elsewhere.node.ts";
import { goesInside, parcelIfPossible } from "./parcels.node.ts";
import { domainOf, type DomainParts, RealmPool } from "./pool.node.ts";
import { realmProgram } from "./program.ts";
import { RunRealm } from "./realm.node.ts";

/** A package of a program, opened as far as this thread needs it. */
export interface Placed {
  readonly plugin: Plugin;
  readonly files: PackageFiles | null;
  /** What a worker opens. Absent: it is opened here. */
  readonly parcel?: Parcel;
}

/** Of this process: an idle worker ends after a while, and keeps nothing alive. What is started ahead is nobody's yet. */
export const runWorkers: RealmPool<RunRealm, RunRealm> = new RealmPool({ blank: started });

function started(isAhead: boolean): RunRealm {
  const realm = new RunRealm(startRunThread(Infinity));
  if (isAhead) realm.warm();
  return realm;
}

/** Milliseconds beyond the longest deadline of its guests that a worker may be silent. */
const MARGIN = 5000;

/**
 * Opens a program in a worker of its trust domain when one of its packages is to be in one; its other components and Lua packages
 * are in it, too. Null: it runs in this thread.
 *
 * @throws {NotOpened}
 */
export async function placeProgram(
  program: LoadedProgram,
  packages: readonly Placed[],
  trust: Pick<DomainParts, "principal" | "grants">,
): Promise<Elsewhere | null> {
  if (packages.every(({ parcel }) => parcel === undefined)) return null;
  const parcels = await Promise.all(packages.map(inside));
  const deadlines = packages.map(({ plugin }, at) => (parcels[at] === null ? 0 : deadlineOf(plugin)));
  const start = async (blank: RunRealm = started(false)): Promise<RunRealm> => {
    blank.watch(Math.max(...deadlines) + MARGIN);
    return blank;
  };
  const domain = domainOf({ ...trust, packages: packages.map(nameOf) });
  const lease = (): Promise<Lease> => runWorkers.leaseRealm(domain, start);
  const fresh = async (): Promise<Lease> => {
    const realm = await start();
    return { realm, release: () => realm.dispose() };
  };
  const elsewhere = new RunsElsewhere(realmProgram(program, parcels), lease, fresh);
  try {
    await elsewhere.open();
    return elsewhere;
  } catch (thrown) {
    await elsewhere[Symbol.asyncDispose]();
    throw thrown;
  }
}

async function inside({ plugin, files, parcel }: Placed): Promise<Parcel | null> {
  if (parcel !== undefined) return parcel;
  if (files === null || !goesInside(files, "L0")) return null;
  return await parcelIfPossible({ ...files, manifest: plugin.manifest });
}

function deadlineOf({ manifest }: Plugin): number {
  return manifest.limits.deadline ?? Infinity;
}

/** What it is, and what it may take: a worker is watched for that. */
function nameOf({ plugin: { digest, manifest } }: Placed): string {
  return JSON.stringify([manifest.name, digest, manifest.limits]);
}
