/**
 * Generated programs: every form of the grammar, well formed though not well typed, with white space and comments of
 * any kind between the tokens.
 */
import fc from "../../fast-check.ts";

/** A program's tokens as text; an interpolation is one of them. */
type Words = readonly string[];
type Gen = fc.Arbitrary<Words>;

/** A whole program as text: it parses without errors (warnings it may have). */
export function arbitraryProgramText(): fc.Arbitrary<string> {
  const program = fc.array(item, { maxLength: 6 }).map((items) => items.flat());
  return program.chain((words) =>
    fc.array(gap, { minLength: words.length, maxLength: words.length }).map((gaps) => join(words, gaps)),
  );
}

function join(words: Words, gaps: readonly string[]): string {
  return words.map((word, index) => `${gaps[index]}${word}`).join("");
}

const comment = fc.constantFrom(
  " // to the end\n",
  " /* inside */ ",
  "\n// alone\n",
  "\n\n// after a gap\n\n",
  "\n/* two\n     lines */\n",
  " /* a */ /* b */ // c\n",
);
const gap: fc.Arbitrary<string> = fc.oneof(
  { weight: 30, arbitrary: fc.constant(" ") },
  { weight: 4, arbitrary: fc.constantFrom("\n", "\n\n", "\n\n\n  ", "\t", "\r\n") },
  { weight: 1, arbitrary: comment },
);

/** Mostly plain; some are words with a meaning elsewhere. */
const name: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "x", "total", "_y", "a_rather_long_name_for_a_variable") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("record", "timeout", "retry", "race", "limit", "wait", "signal", "from", "undo"),
  },
);
const word: fc.Arbitrary<string> = fc.oneof(name, fc.constantFrom("in", "for", "print", "match", "div"));
const literal: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("0", "42", "1_000", "0xff", "18446744073709551615", "1.5", "6e23", "2.5e-3", "250ms", "1.5h", "3d"),
  fc.constantFrom('""', '"text"', '"\\n \\"quoted\\" \\u{1F600} // no comment"', "'c'", "'\\''", 'b"\\x00a"', '"😀 é"'),
  fc.constantFrom("true", "false", "nil"),
);
const interpolation: fc.Arbitrary<string> = fc.constantFrom(
  '$"plain"',
  '$"{a}"',
  '$" {{braces}} {f("}")} {x+1}"',
  '$"{$"{a} inner {b}"} /* no comment */"',
  '$"{seq { x = 1; x }} and {if (a) { 1 } else { 2 }}"',
);
const atom: Gen = fc.oneof(
  { weight: 4, arbitrary: name.map((text) => [text]) },
  { weight: 3, arbitrary: literal.map((text) => [text]) },
  { weight: 1, arbitrary: interpolation.map((text) => [text]) },
);

function list(open: string, close: string, of: Gen, least = 0, most = 4): Gen {
  return fc.tuple(fc.array(of, { minLength: least, maxLength: most }), fc.boolean()).map(([items, hasLastComma]) => {
    const inner = items.flatMap((words, index) => (index === 0 ? words : [",", ...words]));
    return [open, ...inner, ...(hasLastComma && items.length > 0 ? [","] : []), close];
  });
}

function seq(...parts: readonly (string | Gen)[]): Gen {
  const gens = parts.map((part) => (typeof part === "string" ? fc.constant<Words>([part]) : part));
  return fc.tuple(...gens).map((words) => words.flat());
}

function optional(...parts: readonly (string | Gen)[]): Gen {
  return fc.oneof({ weight: 2, arbitrary: fc.constant<Words>([]) }, { weight: 1, arbitrary: seq(...parts) });
}

const one = (text: fc.Arbitrary<string>): Gen => text.map((single) => [single]);

interface Grammar {
  readonly expr: Words;
  readonly simple: Words;
  readonly form: Words;
  readonly statement: Words;
  readonly block: Words;
  readonly type: Words;
  readonly pattern: Words;
  readonly bind: Words;
}

const DEPTH = { maxDepth: 4, depthSize: "medium" } as const;

const grammar = fc.letrec<Grammar>((tie) => {
  const expr = tie("expr") as Gen;
  const simple = tie("simple") as Gen;
  const form = tie("form") as Gen;
  const statement = tie("statement") as Gen;
  const block = tie("block") as Gen;
  const type = tie("type") as Gen;
  const pattern = tie("pattern") as Gen;
  const bind = tie("bind") as Gen;

  const arg = fc.oneof(
    { weight: 4, arbitrary: simple },
    { weight: 1, arbitrary: seq(one(word), ":", expr) },
    { weight: 1, arbitrary: seq("..", simple) },
  );
  const args = list("(", ")", arg);
  const path = fc.oneof(one(name), seq(one(name), ".", one(word)));
  const callee = fc.oneof(path, seq("(", expr, ")"));
  const call = seq(callee, args);
  const head = fc.oneof(one(name), call, list("[", "]", simple), seq("(", expr, ")"));
  const operator = one(fc.constantFrom("+", "-", "*", "/", "%", "div", "^", "..", "??", "==", "!=", "and", "or"));
  const comparison = seq("(", simple, one(fc.constantFrom("<", "<=", ">", ">=")), "(", simple, ")", ")");
  const lambda = fc.oneof(
    seq(list("|", "|", bind, 0, 2).map(withoutLastComma), simple),
    seq(list("|", "|", bind, 0, 2).map(withoutLastComma), optional("->", type), block),
  );
  const entry = seq(simple, ":", simple);
  const commandWord = fc.oneof(one(name), one(fc.constantFrom('"ls"', '$"{a}"')), seq("(", expr, ")"));
  const command = fc.array(commandWord, { minLength: 1, maxLength: 3 }).map((words) => words.flat());
  const guard = optional("if", "(", simple, ")");
  const arm = seq(pattern, guard, block, one(fc.constantFrom(","))).map((words) => words);
  const body = fc.oneof({ weight: 3, arbitrary: block }, { weight: 1, arbitrary: statement });
  // A `;` after a block form would part the `else` from its `if`.
  const bodyBeforeElse = fc.oneof(
    { weight: 3, arbitrary: block },
    { weight: 1, arbitrary: seq(one(name), "=", expr, ";") },
  );

  return {
    expr: fc.oneof(DEPTH, simple, seq(one(name), "=", expr), seq("(", one(name), ",", one(name), ")", "=", simple)),
    simple: fc.oneof(
      DEPTH,
      { weight: 6, arbitrary: atom },
      { weight: 4, arbitrary: seq(simple, operator, simple) },
      { weight: 1, arbitrary: comparison },
      { weight: 1, arbitrary: seq(one(fc.constantFrom("-", "+", "!")), simple) },
      { weight: 3, arbitrary: call },
      { weight: 1, arbitrary: seq(callee, "[", expr, "]", ".", one(fc.constantFrom("0", "1"))) },
      { weight: 1, arbitrary: seq(callee, ".", one(word)) },
      { weight: 1, arbitrary: seq("1", ".", "0") },
      { weight: 1, arbitrary: seq("try", "?", call) },
      { weight: 1, arbitrary: seq("@", one(name), call) },
      { weight: 1, arbitrary: seq("spawn", path, args) },
      { weight: 1, arbitrary: seq("await", one(name)) },
      { weight: 1, arbitrary: seq("wait", "signal", "(", expr, ")", optional("timeout", one(literal))) },
      { weight: 1, arbitrary: seq("=", path, "=", args) },
      { weight: 2, arbitrary: lambda },
      { weight: 1, arbitrary: seq("(", expr, ")") },
      { weight: 1, arbitrary: seq("(", simple, ",", simple, ")") },
      { weight: 1, arbitrary: seq("(", simple, ",", ")") },
      { weight: 1, arbitrary: seq("&", list("(", ")", simple, 1)) },
      { weight: 2, arbitrary: list("[", "]", simple, 0, 12) },
      { weight: 1, arbitrary: list("[", "]", entry, 1) },
      { weight: 1, arbitrary: fc.constant<Words>(["[", ":", "]"]) },
      { weight: 1, arbitrary: seq("shell", list("{", "}", simple, 1, 3)) },
      { weight: 1, arbitrary: seq("shellpipe", "{", command, optional("|", command), "}") },
      { weight: 1, arbitrary: seq("if", "(", simple, ")", block, optional("else", block)) },
      { weight: 2, arbitrary: form },
    ),
    form: fc.oneof(
      DEPTH,
      seq("seq", block),
      block,
      seq("para", block),
      seq("race", block),
      seq(one(fc.constantFrom("timeout", "retry")), optional(args), block),
      seq("para", "for", bind, "in", head, optional("limit", head), block),
      seq("try", block, optional("catch", "(", one(name), ")", block), optional("finally", block)),
      seq(
        "match",
        head,
        "{",
        fc.array(arm, { maxLength: 3 }).map((arms) => arms.flat()),
        "}",
      ),
    ),
    statement: fc.oneof(
      DEPTH,
      { weight: 4, arbitrary: seq(one(name), "=", expr, ";") },
      { weight: 1, arbitrary: seq("(", one(name), ",", one(name), ")", "=", simple, ";") },
      { weight: 1, arbitrary: seq("(", one(name), ",", ")", "=", simple, ";") },
      { weight: 2, arbitrary: seq(one(name), ":", type, "=", expr, ";") },
      { weight: 3, arbitrary: seq(one(fc.constantFrom("print", "raise", "return")), simple, ";") },
      { weight: 1, arbitrary: seq(one(fc.constantFrom("return", "break", "continue")), ";") },
      { weight: 1, arbitrary: seq("assert", simple, optional(",", simple), ";") },
      { weight: 2, arbitrary: seq(one(name), args, ";") },
      { weight: 2, arbitrary: seq("if", "(", simple, ")", body) },
      { weight: 1, arbitrary: seq("if", "(", simple, ")", bodyBeforeElse, "else", body) },
      { weight: 1, arbitrary: seq("while", "(", simple, ")", body) },
      { weight: 1, arbitrary: seq("for", bind, "in", head, block) },
      { weight: 1, arbitrary: seq("undo", block) },
      {
        weight: 2,
        arbitrary: seq(form, one(fc.constantFrom("", ";"))).map((words) => words.filter((text) => text !== "")),
      },
    ),
    block: fc
      .tuple(fc.array(statement, { maxLength: 3 }), optional(simple))
      .map(([statements, last]) => ["{", ...statements.flat(), ...valueLast(last), "}"]),
    type: fc.oneof(
      DEPTH,
      { weight: 4, arbitrary: one(fc.constantFrom("Int", "String", "fn", "Any")) },
      seq(one(name), ".", one(word)),
      seq("Map", list("<", ">", type, 1, 2).map(withoutLastComma)),
      seq(type, "?"),
      list("(", ")", type, 1, 3),
      seq("&", list("(", ")", type, 1, 2)),
      seq("[", type, optional(";", one(fc.constantFrom("3", "*"))), "]"),
      seq("fn", list("(", ")", type, 0, 2), "->", type),
    ),
    pattern: fc.oneof(
      DEPTH,
      one(fc.constantFrom("_", "nil", "true", '"s"', "3", "1.5", "2s", "'c'", 'b"x"')),
      seq("-", one(fc.constantFrom("3", "1.5"))),
      path,
      seq(path, list("(", ")", fc.oneof(pattern, seq(one(word), ":", pattern)), 0, 2)),
      list("(", ")", pattern, 1, 3),
      seq(one(name), "|", one(literal)),
    ),
    bind: fc.oneof(DEPTH, { weight: 3, arbitrary: one(name) }, seq(one(name), ":", type), list("(", ")", bind, 1, 2)),
  };
});

/** An expression that ends a block: one that begins with a block form would end earlier. */
function valueLast(words: Words): Words {
  return words.length === 0 ? [] : ["(", ...words, ")"];
}

function withoutLastComma(words: Words): Words {
  return words.at(-2) === "," ? [...words.slice(0, -2), words.at(-1) ?? ""] : words;
}

const typeName = one(fc.constantFrom("P", "Shape", "Options"));
const parameter = seq(one(name), ":", grammar.type as Gen, optional("=", one(literal)));
const end = one(fc.constantFrom("", ";")).map((words) => words.filter((text) => text !== ""));
const declaration: Gen = fc.oneof(
  seq(
    one(fc.constantFrom("function", "workflow")),
    one(name),
    list("(", ")", parameter),
    optional("->", grammar.type as Gen),
    grammar.block as Gen,
    end,
  ),
  seq(
    one(fc.constantFrom("record", "dataclass")),
    typeName,
    list("{", "}", seq(one(word), ":", grammar.type as Gen), 1),
    end,
  ),
  seq("variant", typeName, list("{", "}", seq(one(word), optional(list("(", ")", grammar.type as Gen, 1, 2))), 1), end),
  seq(one(fc.constantFrom("enum", "flags")), typeName, list("{", "}", one(word), 1), end),
  seq("param", one(name), optional(":", grammar.type as Gen), optional("=", one(literal)), ";"),
  seq("require", '"acme:stats@^1.2"', optional("as", one(name)), ";"),
  seq(
    "require",
    one(name),
    optional("as", one(name)),
    optional(",", one(name)),
    optional("from", '"./util.sennit"'),
    ";",
  ),
);
const item: Gen = fc.oneof({ weight: 3, arbitrary: grammar.statement as Gen }, { weight: 1, arbitrary: declaration });
