/** Trees for comparing: what was meant, without where it stands. */

/** The tree as plain data without spans; a `;` after a block form means nothing, so it is left out. */
export function withoutSpans(node: unknown): unknown {
  if (typeof node === "bigint") return `${node}n`;
  if (typeof node === "number" && Object.is(node, -0)) return "-0";
  if (node instanceof Uint8Array) return [...node];
  if (Array.isArray(node)) return node.map(withoutSpans);
  if (typeof node !== "object" || node === null) return node;
  const skipped = isFormStatement(node) ? ["span", "opSpan", "semicolon"] : ["span", "opSpan"];
  const entries = Object.entries(node).filter(([key]) => !skipped.includes(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutSpans(value)]));
}

const FORMS = ["seq", "if", "para", "para-for", "race", "timeout", "retry", "try", "match"];

function isFormStatement(node: object): boolean {
  if (!("expr" in node) || typeof node.expr !== "object" || node.expr === null || !("kind" in node.expr)) return false;
  return FORMS.includes(String(node.expr.kind));
}

/** An S-expression: `(binary + 1 (call f x))`. Short, for tests of precedence. */
export function dump(node: unknown): string {
  if (typeof node === "bigint" || typeof node === "number" || typeof node === "boolean") return String(node);
  if (typeof node === "string") return node;
  if (node === null || node === undefined) return "_";
  if (node instanceof Uint8Array) return `bytes[${node.join(" ")}]`;
  if (Array.isArray(node)) return `[${node.map(dump).join(" ")}]`;
  return dumpObject(node);
}

const ATOMS = new Set(["int", "float", "duration", "bool", "name", "string", "char", "bytes"]);

function dumpObject(node: object): string {
  const { kind, ...rest } = node as { kind?: string };
  const entries = Object.entries(rest).filter(([key]) => key !== "span" && key !== "opSpan" && key !== "semicolon");
  const values = entries.map(([, value]) => dump(value));
  if (kind === undefined) return values.join(":");
  if (ATOMS.has(kind) && values.length === 1) return kind === "string" ? JSON.stringify(values[0]) : (values[0] ?? "");
  return `(${[kind, ...values].join(" ")})`;
}
