/**
 * Takes from a realm what Node's permission model leaves to any JavaScript there: signals to this and other processes,
 * their priorities and identities, and V8's switches. Should a guest reach the realm's JavaScript, it finds these gone.
 * No wall against native code.
 */
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import v8 from "node:v8";

const OF_PROCESS: readonly string[] = [
  "kill",
  "_kill",
  "_debugProcess",
  "_debugEnd",
  "abort",
  "setuid",
  "setgid",
  "seteuid",
  "setegid",
  "setgroups",
  "initgroups",
];

/** Once per realm, before it opens anything of a stranger's. */
export function disarm(): void {
  for (const name of OF_PROCESS) Reflect.deleteProperty(process, name);
  Reflect.deleteProperty(os, "setPriority");
  Reflect.deleteProperty(v8, "setFlagsFromString");
  syncBuiltinESMExports();
}
