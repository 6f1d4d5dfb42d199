/** Provenance in the language of Graphviz. */
import { linesOf } from "./node-text.ts";
import type { ProcessKind, ProcessNode, Provenance } from "./provenance.ts";

const SHAPES: Readonly<Record<ProcessKind, string>> = {
  param: "parallelogram",
  effect: "box",
  function: "component",
  output: "note",
  result: "ellipse",
};

export function toDot({ run, nodes, flows }: Provenance): string {
  const lines = [
    `digraph ${quoted(run)} {`,
    `  label=${quoted(`run ${run}`)}; labelloc=t; rankdir=TB;`,
    '  node [fontname="Helvetica", fontsize=11]; edge [color="#555555"];',
    ...nodes.map((node) => `  n${node.id} [shape=${SHAPES[node.kind]}, label=${labelOf(node)}];`),
    ...flows.map(({ from, to }) => `  n${from} -> n${to};`),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Lines end with `\n`, which Graphviz reads; what a value holds of it does not. */
function labelOf(node: ProcessNode): string {
  return `"${linesOf(node).map(escaped).join("\\n")}"`;
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
