/**
 * The parser: a file's text to its tree, with all its mistakes reported in one go.
 *
 * Its parts are layers, each a file that may use those below it: cursor, types, patterns, prefixes, expressions,
 * operands, blocks, statements, declarations. Its invariants P1–P3 are stated at the cursor.
 */
import type { Declaration, File, Statement } from "../ast.ts";
import type { Diagnostics } from "../diagnostics.ts";
import { tokenize } from "./lexer.ts";
import { DeclarationParser } from "./parse-declarations.ts";
import { boundHeight } from "./parse-height.ts";
import type { Source } from "../source.ts";
import type { Tokens } from "./token.ts";

/** Parses a whole file. Never throws; mistakes are in `diagnostics`, and `error` nodes stand in their place. */
export function parseFile(source: Source, diagnostics: Diagnostics): File {
  return parseTokens(source, tokenize(source, diagnostics), diagnostics);
}

/** For the formatter, which needs the tokens too. */
export function parseTokens(source: Source, tokens: Tokens, diagnostics: Diagnostics): File {
  const parser = new DeclarationParser(source, tokens, diagnostics);
  const items: (Declaration | Statement)[] = [];
  while (!parser.at("EOF")) {
    if (parser.at("}") || parser.at("HOLE-END")) strayBrace(parser);
    else items.push(parser.recovering(() => parser.item()));
  }
  const bounded = items.map((item) => boundHeight(item, source, diagnostics));
  return { items: bounded, span: { start: 0, end: source.text.length } };
}

function strayBrace(parser: DeclarationParser): void {
  parser.unexpected("a statement", "This brace closes nothing");
  parser.advance();
  parser.eat(";");
  parser.calm();
}
