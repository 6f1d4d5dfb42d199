/** `std:fs`: text files of the folders that a run was granted (S1–S4 in `files.node.ts`). */
import type { Plugin } from "../../host/plugin.ts";
import type { VariantType, WitFunction, WitType, World } from "../../wit/types.ts";
import { CaseValue, ERR, OK } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { fileFailure } from "./file-failure.node.ts";
import { Files } from "./files.node.ts";
import type { FilePorts } from "./files.node.ts";
import { FILES_AT_ONCE, Gate } from "./gate.ts";
import { functionType, hostPlugin, worldOf } from "./host-plugin.ts";
import type { HostCall, HostCalls } from "./host-plugin.ts";

const STRING: WitType = { kind: "string" };
const ERROR: VariantType = {
  kind: "variant",
  name: { interface: null, name: "error" },
  cases: ["not-found", "denied", "not-text", "failed"].map((name) => ({ name, type: STRING })),
};
const NOT_FOUND = 0;
const DENIED = 1;
const NOT_TEXT = 2;
const FAILED = 3;

/** The world of `wit/std/fs.wit`; a test compares the two. */
export const fsWorld: World = worldOf(new Map([["error", ERROR]]), [
  fallible("read-text", ["path"], STRING),
  fallible("write-text", ["path", "text"], null),
  fallible("list", ["path"], { kind: "list", element: STRING }),
]);

function fallible(name: string, params: readonly string[], ok: WitType | null): WitFunction {
  const typed = params.map((param) => [param, STRING] as const);
  return functionType(name, typed, { kind: "result", ok, err: ERROR });
}

/** The plugin, with what was granted. */
export function fsPlugin(ports: FilePorts): Plugin {
  const files = new Files(ports);
  return hostPlugin({
    name: "std:fs",
    world: fsWorld,
    start: () => callsOf(files),
    effects: { "read-text": "read", "write-text": "idempotent", list: "read" },
  });
}

function callsOf(files: Files): HostCalls {
  const gate = new Gate(FILES_AT_ONCE);
  const answered =
    (work: (path: string, text: string) => Promise<Value>): HostCall =>
    async ([path, text = ""], givenUp) => {
      try {
        return new CaseValue(OK, await gate.pass("", givenUp, () => work(String(path), String(text))));
      } catch (failure) {
        return new CaseValue(ERR, errorCase(failure, String(path)));
      }
    };
  return {
    "read-text": answered(async (path) => textOf(await files.read(path))),
    "write-text": answered(async (path, text) => {
      await files.write(path, new TextEncoder().encode(text));
      return null;
    }),
    list: answered(async (path) =>
      (await files.list(path)).map(({ name, kind }) => (kind === "folder" ? `${name}/` : name)).toSorted(),
    ),
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function errorCase(failure: unknown, path: string): CaseValue {
  if (failure instanceof TypeError) return new CaseValue(NOT_TEXT, `${path}: not UTF-8 text`);
  const { kind, why } = fileFailure(failure);
  switch (kind) {
    case "not-found":
      return new CaseValue(NOT_FOUND, `${path}: ${why}`);
    case "denied":
      return new CaseValue(DENIED, `${path}: ${why}`);
    default:
      return new CaseValue(FAILED, `${path}: ${why}`);
  }
}
