/**
 * How often the bytes of a list of numbers are copied on their way, and where: read off the code, which the last column
 * names. A typed array that a caller hands over is the first form, the one it gets the last.
 */
export interface Copies {
  readonly guest: string;
  readonly into: string;
  readonly outOf: string;
  readonly where: string;
}

export const COPIES: readonly Copies[] = [
  {
    guest: "component, linked by the host",
    into: "1: into the place that the guest's allocator gave",
    outOf: "1: into a new array",
    where: "`src/host/component/abi/numbers.ts`",
  },
  {
    guest: "component, on jco's binding",
    into: "1",
    outOf: "1",
    where: "what jco generates; `src/host/component/jco/codec.ts` adds none",
  },
  {
    guest: "component that imports from a component",
    into: "2: out of the one, into the other",
    outOf: "2",
    where: "as above, twice",
  },
  {
    guest: "JavaScript function of the program",
    into: "1: the function owns what it gets",
    outOf: "1: it may keep what it gave",
    where: "`src/host/javascript/number-lists.ts`",
  },
  {
    guest: "Lua, `list<u8>`",
    into: "2: into the interpreter's memory, into its string",
    outOf: "1: out of the string",
    where: "`src/host/lua/machine.ts`, `sequences.ts`",
  },
  {
    guest: "Lua, other numbers",
    into: "1, and each number becomes an element of a table",
    outOf: "1, and each element becomes a number",
    where: "`src/host/lua/number-lists.ts`",
  },
  {
    guest: "Python, `list<u8>` that is a whole parameter or result, when it is large",
    into: "2: into the message, into the `bytes` object",
    outOf: "1: into the message",
    where: "`src/host/python/writer.ts`, `worker/interpreter.ts`",
  },
  {
    guest: "Python, other `list<u8>`",
    into: "3: into the message, into the interpreter's memory, into the `bytes` object",
    outOf: "3: into marshal's bytes, into the message, into an array of its own",
    where: "the same",
  },
  {
    guest: "Python, a list of floats that is the whole result",
    into: "as for other numbers",
    outOf: "3: out of the list, into the message, into an array of its own",
    where: "`src/host/python/worker/interpreter.ts`",
  },
  {
    guest: "Python, other numbers",
    into: "4, or 3 when they are a large whole parameter: as above, and into an `array`; then each becomes a Python number",
    outOf: "1 of marshal's bytes into the message; each number is written and read",
    where: "`src/host/python/lifting.ts`, `number-lists.ts`",
  },
];

/** The section of the page. Messages between threads are handed over, and count as no copy. */
export function copiesSection(): string {
  const lines = COPIES.map(({ guest, into, outOf, where }) => `| ${guest} | ${into} | ${outOf} | ${where} |`);
  return `## Copies of a list of numbers

Counted in the code, from the caller's typed array to the guest and back. A message between threads is handed over
without a copy.

| guest | in | out | where |
| --- | --- | --- | --- |
${lines.join("\n")}`;
}
