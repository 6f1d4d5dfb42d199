/** What an entry of each kind was written as by the released versions, those that no recording happens to hold among them. */
import { expect, it } from "vitest";

import { decodeEntry, encodeEntry } from "../../src/journal/entry/entry-codec.ts";
import { Blob } from "../../src/journal/entry/entry.ts";
import type { Entry } from "../../src/journal/entry/entry.ts";
import { BY_KIND } from "../../src/journal/entry/fields.ts";

const eff = "0123456789abcdef".repeat(2);
const digest = "fedcba9876543210".repeat(4);
const bytes = Uint8Array.of(1, 2, 3);
const effect = { eff, attempt: 2 };
const beside = new Blob(digest, 99_999);

const ENTRIES: readonly Entry[] = [
  {
    kind: "START",
    ir: digest,
    program: bytes,
    packages: ["a:b", digest],
    function: 0,
    args: bytes,
    seed: new Uint8Array(32),
    created: 1_700_000_000_000,
    parent: ["run", eff],
    grants: ["net:x"],
  },
  { kind: "REQ", ...effect, class: "once", what: "a:b f", input: beside },
  { kind: "CALL", ...effect, group: 1, gen: 2, seq: 3, package: 4, function: "f", args: bytes, at: 5 },
  { kind: "DONE", ...effect, outcome: "abandoned", value: bytes, at: 5 },
  { kind: "DLV", ...effect, turn: 3, signal: 4, at: 5 },
  { kind: "OUT", eff, channel: "progress", value: bytes },
  { kind: "ARM", ...effect, at: 1_700_000_000_000 },
  { kind: "SIG", name: "go", sender: "me", value: bytes },
  { kind: "CB", ...effect, n: 3, closure: 1, args: bytes, at: 5 },
  { kind: "CBRET", ...effect, n: 3, outcome: "error", value: bytes, at: 5 },
  { kind: "DEC", eff, winner: 1 },
  { kind: "ABANDON", ...effect },
  { kind: "GEN", group: 1, gen: 2, upto: 3, from: 4 },
  { kind: "SNAP", ir: digest, state: bytes },
  { kind: "ISNAP", group: 1, gen: 2, seq: 3, cores: [digest], state: bytes },
  { kind: "MIGRATE", ir: digest, program: bytes, packages: ["a:b", digest], map: bytes },
  { kind: "CANCEL", turn: 1 },
  { kind: "NOTE", what: "parked", at: 5, text: "why" },
  { kind: "END", ending: "cancelled", value: bytes },
  { kind: "FORK", root: "run", of: "other", at: 7 },
];

it("an entry of each kind is written as it was, and read back", () => {
  expect(ENTRIES.map(({ kind }) => kind).toSorted()).toEqual([...BY_KIND.keys()].toSorted());
  for (const entry of ENTRIES) expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
  const written = ENTRIES.map((entry) => `${entry.kind} ${Buffer.from(encodeEntry(entry)).toString("hex")}`);
  expect(written).toMatchInlineSnapshot(`
    [
      "START 8a015820fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210430102038263613a627840666564636261393837363534333231306665646362613938373635343332313066656463626139383736353433323130666564636261393837363534333231300043010203582000000000000000000000000000000000000000000000000000000000000000001b0000018bcfe56800826372756e7820303132333435363738396162636465663031323334353637383961626364656681656e65743a78",
      "REQ 8602500123456789abcdef0123456789abcdef020365613a622066825820fedcba9876543210fedcba9876543210fedcba9876543210fedcba98765432101a0001869f",
      "CALL 8a03500123456789abcdef0123456789abcdef020102030461664301020305",
      "DONE 8604500123456789abcdef0123456789abcdef02034301020305",
      "DLV 8605500123456789abcdef0123456789abcdef02030405",
      "OUT 8406500123456789abcdef0123456789abcdef0343010203",
      "ARM 8407500123456789abcdef0123456789abcdef021b0000018bcfe56800",
      "SIG 840862676f626d6543010203",
      "CB 8709500123456789abcdef0123456789abcdef0203014301020305",
      "CBRET 870a500123456789abcdef0123456789abcdef0203014301020305",
      "DEC 830b500123456789abcdef0123456789abcdef01",
      "ABANDON 830c500123456789abcdef0123456789abcdef02",
      "GEN 850d01020304",
      "SNAP 830e5820fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654321043010203",
      "ISNAP 860f010203815820fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654321043010203",
      "MIGRATE 85105820fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210430102038263613a6278406665646362613938373635343332313066656463626139383736353433323130666564636261393837363534333231306665646362613938373635343332313043010203",
      "CANCEL 821101",
      "NOTE 8412667061726b65640563776879",
      "END 83130243010203",
      "FORK 84146372756e656f7468657207",
    ]
  `);
});
