import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runtimeCodes } from "../../../src/lang/codes.ts";
import { natives } from "../../../src/lang/native/native.ts";
import { prelude } from "../../../src/lang/prelude.ts";

/** What is an instruction or a function of the machine's own, and no native. */
const elsewhere: ReadonlySet<string> = new Set([
  "map/0",
  "filter/0",
  "fold/0",
  "sort/1",
  "sort/2",
  "sleep/0",
  "sleep_until/0",
  "now/0",
  "random/0",
  "uuid/0",
  "emit/0",
  "progress/0",
  "webhook/0",
  "log/1",
  "log/2",
]);

describe("natives", () => {
  it("there is one for every overload of the prelude, and no others but the compiler's own", () => {
    const overloads = Object.entries(prelude).flatMap(([name, { signatures }]) =>
      signatures.map((_, i) => `${name}/${i}`),
    );
    const wanted = overloads.filter((key) => !elsewhere.has(key));
    const own = ["list-join/0", "bytes-join/0", "sort-by-keys/0"];
    expect([...natives.keys()].toSorted()).toEqual([...wanted, ...own].toSorted());
    expect([...elsewhere].filter((key) => !overloads.includes(key))).toEqual([]);
  });

  it("every code that is raised is in the table of codes", () => {
    const folder = new URL("../../../src/lang/", import.meta.url);
    const known = new Set([...Object.keys(runtimeCodes), "malformed"]);
    const codes = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(/new Fault\(\s*"([a-z-]+)"/g)])
      .map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });
});
