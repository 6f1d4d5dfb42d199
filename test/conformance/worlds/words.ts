/** Names that go wrong: keywords of every language at the table, names of generated code, acronyms, digits. */
import type { Random } from "./random.ts";

/** What the WIT parser takes for something else unless `%` stands before it. */
const WIT_KEYWORDS = new Set(
  `as async bool borrow char constructor enum error-context export f32 f64 flags from func future import include interface list map
  option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with world`.split(
    /\s+/,
  ),
);

const LANGUAGES =
  `and assert await break case catch class cls const continue def default del delete do elif else elseif end
  except extends false finally fn for function global goto if in instanceof is lambda let local match new nil none nonlocal not
  null operator or para pass private protected public raise repeat require return self super switch then this throw true try typeof
  undo until var void wait when while yield`.split(/\s+/);

/** What generated bindings, prototypes and standard libraries have names for. */
const LIBRARIES =
  `abstractmethod apply array ask auto bind bytes call caller create dataclass describe dict err error exact flag
  float get handle has-own-property held id imported int integer keep length lift lower mismatch module name nothing number
  object ok optional own-keys print property protocol r range release set sized some str symbol tag to-json to-string union value
  value-of values wrong`.split(/\s+/);

const SHAPES = `HTTP HTTP-server get-URL get-url URL a1-b2 a1b2 a-b-c A-B X x x2-y X2-Y ab a-b aB1`
  .split(/\s+/)
  .filter((name) => /^(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*))*$/.test(name))
  .concat("p", "q", "point", "shape", "very-long-name-of-many-words-that-goes-on-and-on");

const ALL: readonly string[] = [...WIT_KEYWORDS, ...LANGUAGES, ...LIBRARIES, ...SHAPES];

/** Every name in one spelling. */
export const WORDS: readonly string[] = [...new Map(ALL.map((word) => [folded(word), word])).values()];

/** Names that differ in no more than case and hyphens may not stand in one scope. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll("-", "");
}

/** The names of one scope. */
export class Labels {
  readonly #random: Random;
  readonly #taken = new Set<string>();

  constructor(random: Random, taken: Iterable<string> = []) {
    this.#random = random;
    for (const name of taken) this.#taken.add(folded(name));
  }

  next(): string {
    return this.#free(this.#random.pick(ALL));
  }

  /**
   * Type names of one spelling in all interfaces: wit-component makes names of a world's own out of them, and fails where two
   * differ by case only.
   */
  nextType(): string {
    return this.#free(this.#random.pick(WORDS));
  }

  #free(word: string): string {
    for (let n = 0; ; n++) {
      const name = n === 0 ? word : `${word}-${word === word.toUpperCase() ? "N" : "n"}${n}`;
      if (this.take(name)) return name;
    }
  }

  /** Whether the name was still free. */
  take(name: string): boolean {
    const key = folded(name);
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }
}

/** The name as WIT text. */
export function spelt(name: string): string {
  return WIT_KEYWORDS.has(name) ? `%${name}` : name;
}
