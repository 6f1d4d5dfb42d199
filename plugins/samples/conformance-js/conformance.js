/**
 * The conformance world in JavaScript, on QuickJS: `echo` is the identity on every type, `fold` really reads its
 * arguments, `store` owns resources.
 *
 * This engine's binding carries s64 and u64 as plain numbers: integers beyond ±2⁵³ arrive rounded, and one that is
 * rounded out of its type's range is a trap on the way back. Sums are exact in between, by BigInt.
 */

const identity = (x) => x;

/** A `result` as a return value: the ok payload is returned, the err payload thrown. */
function unwrap(result) {
  if (result.tag === "err") throw result.val;
  return result.val;
}

export const echo = {
  echoBool: identity,
  echoS8: identity,
  echoU8: identity,
  echoS16: identity,
  echoU16: identity,
  echoS32: identity,
  echoU32: identity,
  echoS64: identity,
  echoU64: identity,
  echoF32: identity,
  echoF64: identity,
  echoChar: identity,
  echoString: identity,
  echoListBool: identity,
  echoListS8: identity,
  echoListU8: identity,
  echoListS16: identity,
  echoListU16: identity,
  echoListS32: identity,
  echoListU32: identity,
  echoListS64: identity,
  echoListU64: identity,
  echoListF32: identity,
  echoListF64: identity,
  echoListChar: identity,
  echoListString: identity,
  echoListPoint: identity,
  echoListParticle: identity,
  echoListListU32: identity,
  echoListListString: identity,
  echoListShape: identity,
  echoListOption: identity,
  echoListTuple: identity,
  echoTuple: identity,
  echoNestedTuple: identity,
  echoPoint: identity,
  echoParticle: identity,
  echoNames: identity,
  echoShape: identity,
  echoColour: identity,
  echoPermissions: identity,
  echoBits: identity,
  echoOptionU32: identity,
  echoOptionString: identity,
  echoOptionParticle: identity,
  echoOptionOption: identity,
  echoResult: (x) => [x],
  echoResultOkOnly: (x) => [x],
  echoResultErrOnly: (x) => [x],
  echoResultBare: (x) => [x],
  returnResult: unwrap,
  returnResultBare: unwrap,
  echoMany: (...all) => all,
  nothing: () => {},
};

/** The sum modulo 2⁶⁴, two's complement, as near as a number can give it. */
function wrappedSum(xs) {
  return Number(BigInt.asIntN(64, xs.reduce((sum, x) => sum + BigInt(x), 0n)));
}

export const fold = {
  sumU8: (xs) => xs.reduce((sum, x) => sum + x, 0),
  sumS64: wrappedSum,
  sumF64: (xs) => xs.reduce((sum, x) => sum + x, 0),
  concat: (xs) => xs.join(""),
  countChars: (s) => [...s].length,
  countTrue: (xs) => xs.filter(Boolean).length,
  countNested: (xs) => xs.reduce((sum, x) => sum + x.length, 0),
  countPermissions: (p) => Object.values(p).filter(Boolean).length,
  centre: (xs) => xs.reduce((sum, p) => ({ x: sum.x + p.x, y: sum.y + p.y }), { x: 0, y: 0 }),
  namesOf: (xs, which) => xs.filter((p) => p.colour === which).map((p) => p.name),
  measure,
  firstSome: (xs) => xs.find((x) => x !== null) ?? null,
  divide,
};

function measure(shape) {
  switch (shape.tag) {
    case "empty":
      return 0;
    case "circle":
      return 1;
    case "polygon":
      return shape.val.length;
    case "label":
      return [...shape.val].length;
    case "count":
      return shape.val;
    case "solid":
      return shape.val.id;
  }
}

/** Towards zero; −2³¹ / −1, the one quotient that does not fit, wraps around. */
function divide(left, right) {
  if (right === 0) throw "division by zero";
  return Math.trunc(left / right) | 0;
}

class Accumulator {
  constructor(start) {
    this.sum = start;
  }

  add(x) {
    this.sum = wrappedSum([this.sum, x]);
  }

  value() {
    return this.sum;
  }

  static merge(left, right) {
    return new Accumulator(wrappedSum([left.sum, right.sum]));
  }
}

export const store = {
  Accumulator,
  peek: (a) => a.sum,
  makeMany: (starts) => Array.from(starts, (start) => new Accumulator(start)),
  drain: (all) => wrappedSum(all.map((a) => a.sum)),
};
