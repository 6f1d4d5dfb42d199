/**
 * `canon resource.new`, `resource.rep` and `resource.drop` as core functions of one instance.
 */
import type { Resource } from "../../../wit/types.ts";
import type { CoreFunction } from "./abi.ts";
import type { AbiGuest } from "./guest.ts";

/** Wraps what a built-in throws on its way through the guest: the guest must not be able to swallow it. */
export type Failed = (thrown: unknown) => unknown;

const asIs: Failed = (thrown) => thrown;

export function resourceNew(guest: AbiGuest, resource: Resource, failed: Failed = asIs): CoreFunction {
  const { handles } = guest;
  const kind = handles.kindOf(resource);
  return guarded(failed, (rep) => {
    guest.refuseLeaving("resource.new");
    return handles.add(kind, rep >> 0, null);
  });
}

/** The one built-in that the guest may use while it may not leave: it runs nothing. */
export function resourceRep(guest: AbiGuest, resource: Resource, failed: Failed = asIs): CoreFunction {
  const { handles } = guest;
  const kind = handles.kindOf(resource);
  return guarded(failed, (index) => handles.get(index >>> 0, kind).rep as number);
}

/**
 * Runs the destructor, or tells the host. When either gives a promise and `waits` is set, the promise is given on, for
 * `WebAssembly.Suspending`; else nobody waits for it.
 */
export function resourceDrop(guest: AbiGuest, resource: Resource, failed: Failed = asIs, waits = false): CoreFunction {
  const { handles } = guest;
  const kind = handles.kindOf(resource);
  return guarded(failed, (index) => {
    guest.refuseLeaving("resource.drop");
    const entry = handles.remove(index >>> 0, kind);
    if (entry.scope !== null) entry.scope.borrowed--;
    if (!entry.own) return undefined;
    const done = kind.guest ? kind.destructor?.(entry.rep as number) : kind.dropped(entry.rep);
    if (!(done instanceof Promise)) return undefined;
    if (waits) return done.then(() => {}) as unknown as undefined;
    done.catch(() => {}); // the guest goes on
    return undefined;
  });
}

function guarded(failed: Failed, work: (argument: number) => number | undefined): CoreFunction {
  return (argument) => {
    try {
      return work(argument as number);
    } catch (thrown) {
      throw failed(thrown);
    }
  };
}
