import { describe, expect, it } from "vitest";
import {
  checkDistinct,
  checkInterfaceName,
  checkLabel,
  collisionKey,
  parseFunctionName,
  quote,
} from "../../src/wit/names.ts";
import { witError } from "./components.ts";

describe("names", () => {
  it.each(["a", "a-b", "URL", "get-URL2", "x2", "a-1b"])("checkLabel() takes %s", (label) => {
    expect(checkLabel(label, 0)).toBe(label);
  });

  it.each(["", "-a", "a-", "a--b", "1a", "a_b", "a b", "a.b", "\u00e4", "a\n", "__proto__", "a#b"])(
    "checkLabel() refuses %j",
    (label) => {
      expect(witError(() => checkLabel(label, 7))).toMatchObject({ code: "malformed", offset: 7 });
    },
  );

  it.each(["a", "a:b/c", "a:b/c@1.0.0", "a-x:b/c@1.0.0-rc.1+build.5", "a:b/c@2", "a:b:c/d"])(
    "checkInterfaceName() takes %s",
    (id) => {
      expect(checkInterfaceName(id, 0)).toBe(id);
    },
  );

  it.each(["a:b", "a/b", "a:b/c@", "a:b/c@x", "a:b/c#d", "../a:b/c", "a:b/c@1.0.0 "])(
    "checkInterfaceName() refuses %j",
    (id) => {
      expect(witError(() => checkInterfaceName(id, 0)).code).toBe("malformed");
    },
  );

  it("parseFunctionName() takes annotations apart", () => {
    expect(parseFunctionName("mean", 0)).toEqual({ shape: "function", resource: null });
    expect(parseFunctionName("[async]mean", 0)).toEqual({ shape: "function", resource: null });
    expect(parseFunctionName("[constructor]a-b", 0)).toEqual({ shape: "constructor", resource: "a-b" });
    expect(parseFunctionName("[method]a-b.get", 0)).toEqual({ shape: "method", resource: "a-b" });
    expect(parseFunctionName("[async method]a-b.get", 0)).toEqual({ shape: "method", resource: "a-b" });
    expect(parseFunctionName("[static]a-b.make", 0)).toEqual({ shape: "static", resource: "a-b" });
  });

  it.each(["", "[method]a", "[method]a.b.c", "[other]a", "a:b/c", "[constructor]a.b"])(
    "parseFunctionName() refuses %j",
    (name) => {
      expect(witError(() => parseFunctionName(name, 0)).code).toBe("malformed");
    },
  );

  it("collisionKey() is blind to case and annotation, but for constructors", () => {
    expect(collisionKey("[method]A.b")).toBe(collisionKey("[static]a.B"));
    expect(collisionKey("[constructor]a")).not.toBe(collisionKey("a"));
  });

  it("checkDistinct() finds a name that is there twice", () => {
    checkDistinct(["a", "b"], "field", 0);
    expect(witError(() => checkDistinct(["a", "A"], "field", 0)).message).toBe(
      "The field `A` is there twice (at byte 0)",
    );
  });

  it("quote() lets nothing through that a terminal would obey", () => {
    expect(quote("a\u001b[2Jb\u202e")).toBe("`a\ufffd[2Jb\ufffd`");
    expect(quote("x".repeat(200)).length).toBeLessThan(90);
  });
});
