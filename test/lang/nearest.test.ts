import { describe, expect, it } from "vitest";
import { nearest } from "../../src/lang/nearest.ts";

describe("nearest()", () => {
  const names = ["reserve", "release", "range", "len", "json_decode", "print"];

  it.each([
    ["resrve", "reserve"],
    ["rnage", "range"],
    ["lenn", "len"],
    ["jsonDecode", "json_decode"],
    ["Reserve", "reserve"],
    ["relaese", "release"],
  ])("%s is near %s", (name, candidate) => {
    expect(nearest(name, names)).toBe(candidate);
  });

  it.each(["x", "total", "reservation_of_seats", "", "abc"])("%s is near nothing", (name) => {
    expect(nearest(name, names)).toBeUndefined();
  });

  it("does not depend on the order of the candidates", () => {
    expect(nearest("cat", ["car", "bat", "cap"])).toBe("bat");
    expect(nearest("cat", ["cap", "bat", "car"])).toBe("bat");
  });

  it("prefers a difference of case alone", () => {
    expect(nearest("point", ["paint", "Point"])).toBe("Point");
  });

  it("never suggests the name itself", () => {
    expect(nearest("print", names)).toBeUndefined();
  });
});
