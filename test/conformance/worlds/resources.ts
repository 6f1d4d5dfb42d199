/** Resources with their members, and the functions that use them. */
import type { Resource } from "../../../src/wit/types.ts";
import type {
  Does,
  GeneratedFunction,
  GeneratedInterface,
  GeneratedResource,
  Param,
  TallyAct,
  ThingAct,
  Typed,
} from "./model.ts";
import type { Random } from "./random.ts";
import { randomType, resultOf, type Scope, tupleOf } from "./types.ts";
import { Labels, spelt } from "./words.ts";

const U64: Typed = { text: "u64", type: { kind: "u64" } };

export function fn(name: string, params: readonly Param[], result: Typed | null, does: Does): GeneratedFunction {
  return { name, resource: null, shape: "function", params, result, does };
}

interface Handles {
  readonly own: Typed;
  readonly borrow: Typed;
}

function handlesOf(text: string, resource: Resource): Handles {
  return {
    own: { text, type: { kind: "own", resource } },
    borrow: { text: `borrow<${text}>`, type: { kind: "borrow", resource } },
  };
}

const LIST_OF_U64: Typed = { text: "list<u64>", type: { kind: "list", element: U64.type } };

export function thingImports(random: Random, { label, resource }: GeneratedResource): GeneratedFunction[] {
  const { own, borrow } = handlesOf(spelt(label), resource);
  const labels = memberLabels(random, label);
  const does = (act: ThingAct): Does => ({ kind: "thing", act });
  const p = parameters(random);
  const self: Param = { ...borrow, name: "self" };
  return [
    {
      name: `[constructor]${label}`,
      resource: label,
      shape: "constructor",
      params: p(U64),
      result: own,
      does: does("make"),
    },
    {
      name: `[method]${label}.${labels.next()}`,
      resource: label,
      shape: "method",
      params: [self],
      result: U64,
      does: does("look"),
    },
    {
      name: `[static]${label}.${labels.next()}`,
      resource: label,
      shape: "static",
      params: p(own, own),
      result: own,
      does: does("merge"),
    },
  ];
}

/** A member may not be named like its resource. */
function memberLabels(random: Random, resource: string): Labels {
  return new Labels(random, [resource]);
}

function parameters(random: Random): (...types: readonly Typed[]) => Param[] {
  return (...types) => {
    const labels = new Labels(random, ["self"]);
    return types.map((typed) => ({ ...typed, name: labels.next() }));
  };
}

export function usedThing(scope: Scope, given: GeneratedInterface): Handles | null {
  if (given.resource === null) return null;
  const alias = spelt(scope.labels.nextType());
  scope.lines.push(`use ${spelt(given.name)}.{${spelt(given.resource.label)} as ${alias}};`);
  return handlesOf(alias, given.resource.resource);
}

export function thingExports(random: Random, scope: Scope, { own, borrow }: Handles): GeneratedFunction[] {
  const p = parameters(random);
  const act = (name: ThingAct, params: readonly Param[], result: Typed | null): GeneratedFunction =>
    fn(scope.labels.next(), params, result, { kind: "thing", act: name });
  return [
    act("make", p(U64), own),
    act("look", p(borrow), U64),
    act("merge", p(own, own), own),
    act("pass", p(own), own),
    act("swallow", p(own), null),
  ];
}

export function tallyExports(random: Random, scope: Scope, tally: GeneratedResource): GeneratedFunction[] {
  const { label, resource } = tally;
  const { own, borrow } = handlesOf(spelt(label), resource);
  const labels = memberLabels(random, label);
  const p = parameters(random);
  const self: Param = { ...borrow, name: "self" };
  const data = random.chance(30) ? randomType(random, scope) : randomType(random, scope, 2);
  const does = (act: TallyAct): Does => ({ kind: "tally", act });
  const member = (
    shape: "method" | "static",
    act: TallyAct,
    params: readonly Param[],
    result: Typed,
  ): GeneratedFunction => ({
    name: `[${shape}]${label}.${labels.next()}`,
    resource: label,
    shape,
    params,
    result,
    does: does(act),
  });
  const free = (act: TallyAct, params: readonly Param[], result: Typed): GeneratedFunction =>
    fn(scope.labels.next(), params, result, does(act));
  const passed = passedType(random, own);
  return [
    {
      name: `[constructor]${label}`,
      resource: label,
      shape: "constructor",
      params: p(U64),
      result: own,
      does: does("new"),
    },
    member("method", "get", [self], U64),
    member("method", "self-echo", [self, ...p(data)], data),
    member("static", "make", p(U64), own),
    member("static", "merge", p(own, own), own),
    free("peek", p(borrow), U64),
    free("many", p(LIST_OF_U64), { text: `list<${own.text}>`, type: { kind: "list", element: own.type } }),
    free("drain", p({ text: `list<${own.text}>`, type: { kind: "list", element: own.type } }), U64),
    free("pass", p(passed), passed),
    free("live", [], { text: "s32", type: { kind: "s32" } }),
  ];
}

/** A type with owned handles in it. */
function passedType(random: Random, own: Typed): Typed {
  const text: Typed = { text: "string", type: { kind: "string" } };
  switch (random.below(6)) {
    case 0:
      return own;
    case 1:
      return { text: `list<option<${own.text}>>`, type: { kind: "list", element: { kind: "option", some: own.type } } };
    case 2:
      return { text: `option<${own.text}>`, type: { kind: "option", some: own.type } };
    case 3:
      return tupleOf([text, own, U64, own]);
    case 4:
      return resultOf(own, text);
    default:
      return tupleOf([
        resultOf(text, own),
        { text: `map<u8, ${own.text}>`, type: { kind: "map", key: { kind: "u8" }, value: own.type } },
      ]);
  }
}
