/**
 * The world that WIT text declares: the text becomes a component without code, and the component is decoded like any
 * other. So there is one parser (jco's), one decoder (ours), and one truth for packages of every language.
 *
 * jco is loaded at the first use (about 0.1 s). Nothing is kept on disk.
 */
import { Fault } from "../fault.ts";
import { CONTRACTS } from "../wit/contracts.ts";
import { decodeWorld } from "../wit/decoder.ts";
import { WitError } from "../wit/error.ts";
import { joinPackage, type JoinedText } from "../wit/packages.ts";
import type { World } from "../wit/types.ts";

/** Part of the key of whatever is kept of parsed text. The version is the one that package.json pins. */
export const WIT_PARSER = "jco-transpile 0.15.0";

/**
 * The world that WIT text declares.
 *
 * @param files one WIT text, or the files of a package by their paths in its folder, `deps/` included. The contracts
 *   `sennit:host` and `sennit:plugin` need not be among them.
 * @param world the name of the world, when there are several
 * @throws {Fault} `wit-invalid` with file, line where it is known, and the parser's message
 * @example
 * const world = await worldFromText("package a:b; world w { export mean: func(xs: list<f64>) -> f64; }");
 */
export async function worldFromText(files: ReadonlyMap<string, string> | string, world?: string): Promise<World> {
  const component = await componentFromText(files, world);
  try {
    return decodeWorld(component);
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    throw new Fault("wit-invalid", `The WIT text declares what this host cannot take: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * A component without code that has the world of a WIT text. The same text gives the same bytes.
 *
 * @throws {Fault} `wit-invalid`
 */
export async function componentFromText(
  files: ReadonlyMap<string, string> | string,
  world?: string,
): Promise<Uint8Array> {
  const joined = joinPackage(typeof files === "string" ? new Map([["world.wit", files]]) : files);
  if (joined.parts.length === 0) throw new Fault("wit-invalid", "There is no `.wit` file");
  refuseHuge(joined.text);
  const tools = await import("@bytecodealliance/jco-transpile/wasm-tools");
  const embed = (witSource: string): Promise<Uint8Array> =>
    tools.componentEmbed({
      dummy: true,
      witSource,
      features: { tag: "all" },
      ...(world === undefined ? {} : { world }),
    });
  try {
    return await tools.componentNew(await embed(joined.text));
  } catch (error) {
    throw await invalid(joined, messageOf(error), embed);
  }
}

/** Characters of all WIT text together; WASI as a whole has a tenth of that. */
const LONGEST = 2 ** 20;
/** The parser's work grows with the square of their number: of so many, half a second. */
const MOST_FUNCTIONS = 5000;

/** The parser runs in the caller's thread, and the text is a stranger's. */
function refuseHuge(text: string): void {
  if (text.length > LONGEST) throw new Fault("wit-invalid", `The WIT text is longer than ${LONGEST} characters`);
  const count = text.match(/\bfunc\b/g)?.length ?? 0;
  if (count > MOST_FUNCTIONS) throw new Fault("wit-invalid", `The WIT text has more than ${MOST_FUNCTIONS} functions`);
}

/** jco throws an error whose payload is the parser's text, or bare strings. */
function messageOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "payload" in error) return String(error.payload);
  return error instanceof Error ? error.message : String(error);
}

type Embed = (text: string) => Promise<Uint8Array>;

async function invalid(joined: JoinedText, message: string, embed: Embed): Promise<Fault> {
  const line = await lineOf(joined.text, message, embed);
  const text = message.trim().replaceAll(/\s*\n\s*/g, " ");
  const hint = /package '(sennit:[a-z]+)' not found/.exec(text)?.[1];
  return new Fault(
    "wit-invalid",
    `${placeOf(joined, line)}: ${text}`,
    hint === undefined ? {} : { hint: hintFor(hint) },
  );
}

/** The contracts are there, but only under their full names. */
function hintFor(name: string): string {
  const ids = CONTRACTS.map(({ id }) => id).filter((id) => id.startsWith(`${name}@`));
  return ids.length === 0
    ? `This host has no package \`${name}\``
    : `Write the version as well: \`${ids.join("`, `")}\``;
}

function placeOf({ parts }: JoinedText, line: number | null): string {
  const [first] = parts;
  if (line === null) return first?.file ?? "WIT";
  const part = parts.findLast((candidate) => candidate.line <= line) ?? first;
  return part === undefined ? "WIT" : `${part.file}:${line - part.line + 1}`;
}

/** The parser's messages have no place. A quoted name may tell it; a syntax error is found by cutting the text. */
async function lineOf(text: string, message: string, embed: Embed): Promise<number | null> {
  const lines = text.split("\n");
  if (/^(?:expected|unexpected|unterminated|invalid|unknown character|found)/.test(message)) {
    return lineOfSyntaxError(lines, message, embed);
  }
  const name = /`([^`]+)`/.exec(message)?.[1];
  if (name === undefined) return null;
  const word = new RegExp(`(?<![\\w-])${name.replaceAll(/[^\w]/g, "\\$&")}(?![\\w-])`);
  const found = lines.flatMap((line, index) => (word.test(line) ? [index + 1] : []));
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The least number of lines that fails in the same way: fewer end before the error is met. */
async function lineOfSyntaxError(lines: readonly string[], message: string, embed: Embed): Promise<number> {
  let low = 1;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const text = `${lines.slice(0, middle).join("\n")}\n`;
    const same = await embed(text).then(
      () => false,
      (error: unknown) => messageOf(error) === message,
    );
    if (same) high = middle;
    else low = middle + 1;
  }
  return low;
}
