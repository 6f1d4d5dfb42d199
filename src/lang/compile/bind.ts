/** Values into the variables of a `for` head or parameter, taken apart where it is a tuple pattern. */
import type { Unit } from "./unit.ts";
import type { Bind } from "../typed.ts";

/** Element `at` of a list. */
export function element(unit: Unit, bind: Bind, list: number, at: number): void {
  const { b } = unit;
  if (bind.kind === "local") return b.emit("AT", bind.local.index, list, at);
  b.scratch(() => {
    const value = b.temp();
    b.emit("AT", value, list, at);
    takeApart(unit, bind, value);
  });
}

export function takeApart(unit: Unit, bind: Bind, value: number): void {
  const { b } = unit;
  if (bind.kind === "local") return b.emit("MOVE", bind.local.index, value);
  bind.items.forEach((item, i) => {
    if (item.kind === "local") return b.emit("FIELD", item.local.index, value, i);
    b.scratch(() => {
      const part = b.temp();
      b.emit("FIELD", part, value, i);
      takeApart(unit, item, part);
    });
  });
}
