/**
 * Functions of the prelude that call closures, written in the machine's own instructions: a closure may wait for an
 * effect in the middle of one, and its state is registers like any other.
 */
import { Builder } from "./builder.ts";
import type { Tables } from "./tables.ts";
import { SITE_CALL } from "../ir/ir.ts";
import type { IrAhead, IrFunction } from "../ir/ir.ts";
import type { Type } from "../types.ts";

function finish(
  name: string,
  params: number,
  captures: number,
  b: Builder,
  ahead: readonly IrAhead[] = [],
): IrFunction {
  const { code, lines, registers } = b.finish();
  return { name, file: -1, kind: "function", params, captures, registers, silent: false, code, lines, ahead };
}

export function builtin(name: string): IrFunction {
  switch (name) {
    case "map":
      return mapFunction();
    case "filter":
      return filterFunction();
    case "fold":
      return foldFunction();
    default:
      return sortFunction();
  }
}

/** `for at from 0 up to length`: the body gets the register of the index. */
function counted(b: Builder, list: number, body: (at: number) => void): void {
  const [at, length] = [b.temp(), b.temp()];
  const [top, test] = [b.label(), b.label()];
  b.emit("LEN", length, list);
  b.emit("INT", at, 0);
  b.emit("JUMP", test);
  b.place(top);
  body(at);
  b.emit("ADDK_I", at, at, 1);
  b.place(test);
  b.emit("JLT", at, length, top);
}

function mapFunction(): IrFunction {
  const b = new Builder(2, null);
  const [list, closure] = [0, 1];
  const [out, item, result] = [b.temp(), b.temp(), b.temp()];
  const ahead: IrAhead[] = [];
  b.emit("LIST_NEW", out);
  counted(b, list, (at) => {
    b.emit("AT", item, list, at);
    ahead.push({ pc: b.here, list, at, peek: -1 });
    b.emit("CALL_VALUE", result, closure, item, 1, SITE_CALL);
    b.emit("APPEND", out, result);
  });
  b.emit("RETURN", out);
  return finish("map", 2, 0, b, ahead);
}

function filterFunction(): IrFunction {
  const b = new Builder(2, null);
  const [list, closure] = [0, 1];
  const [out, item, keep] = [b.temp(), b.temp(), b.temp()];
  const ahead: IrAhead[] = [];
  b.emit("LIST_NEW", out);
  counted(b, list, (at) => {
    const next = b.label();
    b.emit("AT", item, list, at);
    ahead.push({ pc: b.here, list, at, peek: -1 });
    b.emit("CALL_VALUE", keep, closure, item, 1, SITE_CALL);
    b.emit("JF", keep, next);
    b.emit("APPEND", out, item);
    b.place(next);
  });
  b.emit("RETURN", out);
  return finish("filter", 2, 0, b, ahead);
}

function foldFunction(): IrFunction {
  const b = new Builder(3, null);
  const [list, start, closure] = [0, 1, 2];
  const args = b.window(2);
  b.emit("MOVE", args, start);
  counted(b, list, (at) => {
    b.emit("AT", args + 1, list, at);
    b.emit("CALL_VALUE", args, closure, args, 2, SITE_CALL);
  });
  b.emit("RETURN", args);
  return finish("fold", 3, 0, b);
}

/** Merge sort from the bottom up: runs of `width` are merged into runs twice as long. Stable: the right one goes first only if less. */
function sortFunction(): IrFunction {
  const b = new Builder(2, null);
  const [list, less] = [0, 1];
  const [length, width, out, low, middle, high, left, right] = [0, 0, 0, 0, 0, 0, 0, 0].map(() => b.temp()) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const args = b.window(2);
  const answer = b.temp();
  const [pass, run, merge, takeRight, restLeft, restRight, merged, passed, end] = Array.from({ length: 9 }, () =>
    b.label(),
  ) as [Label9, Label9, Label9, Label9, Label9, Label9, Label9, Label9, Label9];
  b.emit("ITEMS", list, list, 0);
  b.emit("LEN", length, list);
  b.emit("INT", width, 1);
  b.place(pass);
  b.emit("JNLT", width, length, end);
  b.emit("LIST_NEW", out);
  b.emit("INT", low, 0);
  b.place(run);
  b.emit("JNLT", low, length, passed);
  boundary(b, middle, low, width, length);
  boundary(b, high, middle, width, length);
  b.emit("MOVE", left, low);
  b.emit("MOVE", right, middle);
  b.place(merge);
  b.emit("JNLT", left, middle, restRight);
  b.emit("JNLT", right, high, restLeft);
  b.emit("AT", args, list, right);
  b.emit("AT", args + 1, list, left);
  b.emit("CALL_VALUE", answer, less, args, 2, SITE_CALL);
  b.emit("JT", answer, takeRight);
  b.emit("APPEND", out, args + 1);
  b.emit("ADDK_I", left, left, 1);
  b.emit("JUMP", merge);
  b.place(takeRight);
  b.emit("APPEND", out, args);
  b.emit("ADDK_I", right, right, 1);
  b.emit("JUMP", merge);
  rest(b, restLeft, out, list, left, middle, merged);
  rest(b, restRight, out, list, right, high, merged);
  b.place(merged);
  b.emit("MOVE", low, high);
  b.emit("JUMP", run);
  b.place(passed);
  b.emit("MOVE", list, out);
  b.emit("ADD_I", width, width, width);
  b.emit("JUMP", pass);
  b.place(end);
  b.emit("RETURN", list);
  return finish("sort", 2, 0, b);
}

type Label9 = ReturnType<Builder["label"]>;

/** `to = min(from + width, length)` */
function boundary(b: Builder, to: number, from: number, width: number, length: number): void {
  const fits = b.label();
  b.emit("ADD_I", to, from, width);
  b.emit("JLE", to, length, fits);
  b.emit("MOVE", to, length);
  b.place(fits);
}

/** Appends what is left of one run. */
function rest(b: Builder, start: Label9, out: number, list: number, at: number, stop: number, done: Label9): void {
  b.scratch(() => {
    const item = b.temp();
    b.place(start);
    b.emit("JNLT", at, stop, done);
    b.emit("AT", item, list, at);
    b.emit("APPEND", out, item);
    b.emit("ADDK_I", at, at, 1);
    b.emit("JUMP", start);
  });
}

/** Takes Anys, checks them against the parameters, calls the captured closure, gives its result as an Any. */
export function callbackAdapter(tables: Tables, params: readonly Type[], result: Type): IrFunction {
  const b = new Builder(params.length + 1, null);
  const args = b.window(params.length);
  const answer = b.temp();
  params.forEach((type, i) => b.emit("FROM_ANY", args + i, i, tables.type(type)));
  b.emit("CALL_VALUE", answer, params.length, args, params.length, SITE_CALL);
  b.emit("TO_ANY", answer, answer, tables.type(result));
  b.emit("RETURN", answer);
  return finish("callback", params.length, 1, b);
}
