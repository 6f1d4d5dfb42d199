/**
 * The table `[package]` of a manifest, checked whole before any mistake is reported.
 */
import valid from "semver/functions/valid.js";

import { Fault } from "../../fault.ts";
import { parseCapability } from "../capability.ts";
import type { Language, Manifest } from "../manifest.ts";
import { readLimits } from "./limits-table.ts";
import { PACKAGE_NAME } from "./names.ts";
import { count } from "./quantity.ts";
import type { Table } from "./table.ts";

const languages: readonly Language[] = ["component", "python", "lua", "julia", "javascript"];
const effectClasses = ["read", "keyed", "idempotent", "once"] as const;

/** Reads the table; what is wrong is told to the table's mistakes, and the manifest is then not to be used. */
export function readManifest(table: Table): Manifest {
  for (const key of ["name", "version", "language", "source"]) table.require(key);
  const language = table.oneOf("language", languages) ?? "component";
  const world = table.text("world");
  const wit = path(table, "wit");
  if (wit === undefined && language !== "component" && !table.has("wit"))
    table.mistake("wit", `is missing: a ${language} package is typed by WIT`);
  const onDivergence = table.oneOf("on-divergence", ["fail", "accept", "fresh"]);
  const maxRebuildCalls = count("calls")(table, "max-rebuild-calls");
  const manifest: Manifest = {
    name: name(table),
    version: version(table),
    language,
    ...(world === undefined ? {} : { world }),
    ...(wit === undefined ? {} : { wit }),
    source: path(table, "source") ?? "",
    wants: capabilities(table, "wants"),
    limits: readLimits(table.table("limits")),
    stateless: table.flag("stateless") ?? false,
    overlap: table.flag("overlap") ?? false,
    onFailure: table.oneOf("on-failure", ["lost", "fresh"]) ?? "lost",
    ...(onDivergence === undefined ? {} : { onDivergence }),
    ...(maxRebuildCalls === undefined ? {} : { maxRebuildCalls }),
    effects: effects(table.table("effects")),
  };
  table.refuseOthers();
  return manifest;
}

/** A list of capabilities; each that is not one is a mistake. */
export function capabilities(table: Table, key: string): readonly string[] {
  const texts = table.texts(key);
  for (const text of texts) {
    try {
      parseCapability(text);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      table.mistake(key, thrown.message);
    }
  }
  return texts;
}

function name(table: Table): string {
  const text = table.text("name") ?? "";
  if (text !== "" && !PACKAGE_NAME.test(text))
    table.mistake("name", `\`${text}\` is not of the form \`namespace:name\`, in lower case`);
  return text;
}

function version(table: Table): string {
  const text = table.text("version") ?? "";
  if (text !== "" && valid(text) !== text)
    table.mistake("version", `\`${text}\` is not an exact version, such as \`1.0.0\``);
  return text;
}

/** A path in the package: relative, with `/`, never out of it. */
function path(table: Table, key: string): string | undefined {
  const text = table.text(key);
  if (text !== undefined && !isPathInside(text)) table.mistake(key, `\`${text}\` is not a path inside the package`);
  return text;
}

export function isPathInside(path: string): boolean {
  if (path === "" || path.startsWith("/") || /[\\\0]|^[A-Za-z]:/.test(path)) return false;
  return !path.split("/").includes("..");
}

function effects(table: Table): Manifest["effects"] {
  const found = table.keys().flatMap((key) => {
    const effect = table.oneOf(key, effectClasses);
    return effect === undefined ? [] : [[key, effect] as const];
  });
  return Object.fromEntries(found); // by definition, so that `__proto__` is a name like any other
}
