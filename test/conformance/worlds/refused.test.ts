/** What WIT has no meaning for is refused before any world is made of it. */
import { expect, it } from "vitest";
import { Fault } from "../../../src/fault.ts";
import { worldFromText } from "../../../src/host/wit-source.ts";

async function codeOf(body: string): Promise<string> {
  try {
    await worldFromText(`package test:refused;\nworld w {\n  ${body}\n}\n`);
    return "accepted";
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

it.each([
  ["an empty record", "record r { } export f: func(x: r) -> r;"],
  ["empty flags", "flags r { } export f: func(x: r) -> r;"],
  ["an empty variant", "variant r { } export f: func(x: r) -> r;"],
  ["an empty enum", "enum r { } export f: func(x: r) -> r;"],
  ["an empty tuple", "export f: func(x: tuple<>);"],
  ["33 flags", `flags r { ${Array.from({ length: 33 }, (_, at) => `b${at}`).join(", ")} } export f: func(x: r);`],
  ["a list of no length", "export f: func(x: list<u8, 0>);"],
  ["a map with float keys", "export f: func(x: map<f64, u8>);"],
  ["a borrowed handle as a result", "resource r; export f: func() -> borrow<r>;"],
  ["a keyword without its sign", "export f: func(list: u8);"],
  ["names that differ by case", "export f: func(ab: u8, AB: u8);"],
  ["names that differ by hyphens", "export f: func(ab: u8, a-b: u8);"],
  ["a type that contains itself", "record r { inner: option<r> } export f: func(x: r);"],
])("%s is refused", async (_, body) => {
  expect(await codeOf(body)).toBe("wit-invalid");
});

it("the same worlds without the mistake are taken", async () => {
  for (const body of [
    "record r { a: u8 } export f: func(x: r) -> r;",
    `flags r { ${Array.from({ length: 32 }, (_, at) => `b${at}`).join(", ")} } export f: func(x: r);`,
    "export f: func(x: list<u8, 1>, y: map<u8, f64>, %list: u8, ab: u8, a-c: u8);",
  ]) {
    expect(await codeOf(body), body).toBe("accepted");
  }
});
