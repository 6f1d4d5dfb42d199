/**
 * The counter in JavaScript. A thrown error that the WIT does not declare is a trap.
 */

let count = 0;

export function increment() {
  count += 1;
  return count;
}

export function add(a, b) {
  return (a + b) >>> 0;
}

/** A `result` fails by throwing the payload of its `err`. */
export function fail(message) {
  throw message;
}

export function trap() {
  throw new Error("trap was called");
}

export function countWords(text) {
  const counts = new Map();
  for (const word of text.split(/[\t\n\f\r ]+/).filter((w) => w !== "")) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => compareScalars(a, b));
}

/** By Unicode scalar value, which is the order of UTF-8 bytes; `<` would compare UTF-16 units. */
function compareScalars(a, b) {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((c, i) => c !== right[i]);
  if (at < 0) return left.length - right.length;
  return at < right.length ? left[at].codePointAt(0) - right[at].codePointAt(0) : 1;
}
