/** Provenance as a drawing. Nothing in it is loaded from anywhere, and nothing runs. */
import { layoutOf } from "./layout.ts";
import type { Box, Layout, Point } from "./layout.ts";
import { linesOf } from "./node-text.ts";
import type { ProcessKind, ProcessNode, Provenance } from "./provenance.ts";

const LINE = 15;
const PAD = 10;
/** Of a character, on the average and not too small. */
const CHARACTER = 7;
const TITLE = 34;

const FILLS: Readonly<Record<ProcessKind, string>> = {
  param: "#fff4cc",
  effect: "#dcebfb",
  function: "#dff3e1",
  output: "#eeeeee",
  result: "#f3dff3",
};

export function toSvg({ run, nodes, flows }: Provenance): string {
  const layout = layoutOf(nodes.map(boxOf), flows);
  const width = Math.ceil(Math.max(layout.width, 560));
  const height = Math.ceil(layout.height + TITLE);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12">`,
    '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="20" y="22" font-size="14" font-weight="bold">run ${escaped(run)}</text>`,
    legend(),
    `<g transform="translate(0 ${TITLE})">`,
    ...flows.map((_, at) => line(layout.lines[at] ?? [], flows[at]?.from ?? 0, flows[at]?.to ?? 0, nodes)),
    ...nodes.map((node) => drawn(node, layout)),
    "</g>",
    "</svg>",
  ];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function boxOf(node: ProcessNode): Box {
  const lines = linesOf(node);
  const longest = lines.reduce((most, text) => Math.max(most, [...text].length), 4);
  return { id: node.id, width: longest * CHARACTER + 2 * PAD, height: lines.length * LINE + 2 * PAD };
}

function drawn(node: ProcessNode, { places }: Layout): string {
  const { width, height } = boxOf(node);
  const { x, y } = places.get(node.id) ?? { x: 0, y: 0 };
  const round = node.kind === "param" || node.kind === "result" ? height / 2 : 4;
  const top = y - height / 2 + PAD + LINE - 4;
  const text = linesOf(node).map((words, at) => {
    const weight = at === 0 ? ' font-weight="bold"' : ' fill="#444"';
    return `<text x="${n(x)}" y="${n(top + at * LINE)}" text-anchor="middle"${weight}>${escaped(words)}</text>`;
  });
  const box = `<rect x="${n(x - width / 2)}" y="${n(y - height / 2)}" width="${n(width)}" height="${n(height)}" rx="${n(round)}" fill="${FILLS[node.kind]}" stroke="#666"${node.kind === "function" ? ' stroke-width="2"' : ""}/>`;
  return `<g><title>${escaped(titleOf(node))}</title>${box}${text.join("")}</g>`;
}

function titleOf({ name, place, value }: ProcessNode): string {
  const where = place === null ? "" : ` (${place.file}:${place.line})`;
  return `${name}${where}${value === null ? "" : `\n${value.text.slice(0, 2000)}`}`;
}

/** From the lower edge of one box to the upper edge of the other; back along the side. */
function line(points: readonly Point[], from: number, to: number, nodes: readonly ProcessNode[]): string {
  const [first, last] = [points[0], points.at(-1)];
  const [above, below] = [nodes.find(({ id }) => id === from), nodes.find(({ id }) => id === to)];
  if (first === undefined || last === undefined || above === undefined || below === undefined) return "";
  const isBack = last.y <= first.y;
  const start = { x: first.x, y: first.y + (boxOf(above).height / 2) * (isBack ? -1 : 1) };
  const end = { x: last.x, y: last.y - (boxOf(below).height / 2) * (isBack ? -1 : 1) };
  return `<path d="${curve([start, ...points.slice(1, -1), end])}" fill="none" stroke="#666"${isBack ? ' stroke-dasharray="4 3"' : ""} marker-end="url(#end)"/>`;
}

function curve([first, ...rest]: readonly Point[]): string {
  if (first === undefined) return "";
  let before = first;
  const parts = [`M${n(first.x)} ${n(first.y)}`];
  for (const point of rest) {
    const half = (before.y + point.y) / 2;
    parts.push(`C${n(before.x)} ${n(half)} ${n(point.x)} ${n(half)} ${n(point.x)} ${n(point.y)}`);
    before = point;
  }
  return parts.join("");
}

function legend(): string {
  const items = (Object.keys(FILLS) as ProcessKind[]).map((kind, at) => {
    const x = 260 + at * 62;
    return `<rect x="${x}" y="12" width="10" height="10" fill="${FILLS[kind]}" stroke="#666"/><text x="${x + 14}" y="21" font-size="10">${kind}</text>`;
  });
  return `<g>${items.join("")}</g>`;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Also what XML cannot hold at all. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
