/** Guests that forge handles, keep what was lent, and give away what is not theirs. */
import { Handle } from "../../../src/wit/value.ts";
import { guestText, hostKey } from "./guest.ts";
import { call, TRAPPED, type Hostile } from "./hostile.ts";
import { API, BUILTINS, exportingResource, foreign, RESOURCE } from "./resource-text.ts";

/** Handles that the guest's own table does not have. */
export const HANDLES: readonly Hostile[] = [
  ...[0, 1, 5, 0xffff_ffff, 0x8000_0000].flatMap((handle) => [
    handling(`drops handle ${handle}`, `(call $drop (i32.const ${handle})) (i32.const 0)`, TRAPPED),
    handling(`asks what handle ${handle} is`, `(call $rep (i32.const ${handle}))`, TRAPPED),
  ]),
  handling(
    "drops twice",
    `(local $h i32) (local.set $h (call $new (i32.const 9))) (call $drop (local.get $h))
    (call $drop (local.get $h)) (i32.const 0)`,
    TRAPPED,
  ),
  handling(
    "asks what a dropped handle is",
    `(local $h i32) (local.set $h (call $new (i32.const 9)))
    (call $drop (local.get $h)) (call $rep (local.get $h))`,
    TRAPPED,
  ),
  handling("drops a handle as another resource", "(call $drop-s (call $new (i32.const 9))) (i32.const 0)", TRAPPED),
  handling("asks what a handle of another resource is", "(call $rep-s (call $new (i32.const 9)))", TRAPPED),
  handling(
    "uses a dropped handle's number anew",
    `(local $h i32) (local.set $h (call $new (i32.const 9))) (call $drop (local.get $h))
    (call $rep (call $new (i32.const 11)))`,
    { value: 11 },
  ),
  handling("keeps all bits of a representation", "(call $rep (call $new (i32.const -2)))", { value: 2 ** 32 - 2 }),
  ...[0, 1, 7, 0xffff_ffff].map((handle) => gives(`handle ${handle} that was never made`, `(i32.const ${handle})`)),
  gives("a handle of another resource", "(call $new-s (i32.const 9))"),
  gives(
    "a dropped handle",
    "(local $h i32) (local.set $h (call $new (i32.const 9))) (call $drop (local.get $h)) (local.get $h)",
  ),
  twice(),
];

function handling(name: string, body: string, wanted: Hostile["gives"]): Hostile {
  return {
    name: `a guest that ${name}`,
    component: guestText({
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(func (export "f") (result i32) ${body})`,
      exports: { f: "(result u32)" },
    }),
    session: call("f"),
    gives: wanted,
  };
}

/** An export that gives an owned resource: this one. */
function gives(name: string, body: string): Hostile {
  return {
    name: `a guest that answers with ${name}`,
    component: exportingResource(`(func (export "make") (result i32) ${body})`, { make: "(result (own $r))" }),
    session: call(`${API}#make`),
    gives: TRAPPED,
  };
}

/** The same handle twice in one answer: the first took it. */
function twice(): Hostile {
  const core = `(func (export "make") (result i32) (local $h i32) (local.set $h (call $new (i32.const 9)))
    (i32.store (i32.const 16) (local.get $h)) (i32.store (i32.const 20) (local.get $h)) (i32.const 16))`;
  return {
    name: "a guest that answers with one handle twice",
    component: exportingResource(core, { make: "(result (tuple (own $r) (own $r)))" }),
    session: call(`${API}#make`),
    gives: TRAPPED,
  };
}

export const BORROWS: readonly Hostile[] = [
  lent(
    "lends and gives one handle",
    "(local $h i32) (local.set $h (call $make)) (call $both (local.get $h) (local.get $h))",
    TRAPPED,
  ),
  lent(
    "gives and lends one handle",
    "(local $h i32) (local.set $h (call $make)) (call $both-ways (local.get $h) (local.get $h))",
    TRAPPED,
  ),
  lent(
    "lends, then gives",
    "(local $h i32) (local.set $h (call $make)) (call $look (local.get $h)) (call $take (local.get $h))",
    { value: null },
  ),
  lent(
    "gives twice",
    "(local $h i32) (local.set $h (call $make)) (call $take (local.get $h)) (call $take (local.get $h))",
    TRAPPED,
  ),
  lent(
    "lends what it gave",
    "(local $h i32) (local.set $h (call $make)) (call $take (local.get $h)) (call $look (local.get $h))",
    TRAPPED,
  ),
  lent(
    "drops what it gave",
    "(local $h i32) (local.set $h (call $make)) (call $take (local.get $h)) (call $drop-r (local.get $h))",
    TRAPPED,
  ),
  lent(
    "drops twice",
    "(local $h i32) (local.set $h (call $make)) (call $drop-r (local.get $h)) (call $drop-r (local.get $h))",
    TRAPPED,
  ),
  lent("lends a handle it never had", "(call $look (i32.const 3))", TRAPPED),
  borrowing("keeps what was lent", "", TRAPPED),
  borrowing("gives away what was lent", "(call $take (local.get 0))", TRAPPED),
  borrowing("drops twice what was lent", "(call $drop-r (local.get 0)) (call $drop-r (local.get 0))", TRAPPED),
  borrowing("lends on, then drops", "(call $look (local.get 0)) (call $drop-r (local.get 0))", { value: null }),
  borrowing("uses what it dropped", "(call $drop-r (local.get 0)) (call $look (local.get 0))", TRAPPED),
];

function lent(name: string, body: string, wanted: Hostile["gives"]): Hostile {
  return {
    name: `a guest that ${name}`,
    component: foreign(`(func (export "f") ${body})`, ""),
    session: { ...call("f"), answers: { [hostKey("make")]: [new Handle(77, 5)] } },
    gives: wanted,
  };
}

function borrowing(name: string, body: string, wanted: Hostile["gives"]): Hostile {
  return {
    name: `a borrower that ${name}`,
    component: foreign(`(func (export "f") (param i32) ${body})`, `(param "x" (borrow $r))`),
    session: call("f", new Handle(77, 5)),
    gives: wanted,
  };
}
