/**
 * `curve`: one figure with points and the line fitted to them, as SVG text.
 * No state, no imports; the same input gives the same bytes.
 */
import { axisOver } from "./axis.js";

const SIZE = { width: 760, height: 500 };
const MARGIN = { top: 64, right: 32, bottom: 68, left: 96 };
const COLOUR = { paper: "#fcfcfa", frame: "#9aa3ad", grid: "#e6e8ea", text: "#2b3138", soft: "#59636e", line: "#2f6fb3", dot: "#c8502d" };
const FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

export function curve(title, xs, ys, fitXs, fitYs, xLabel, yLabel) {
  const dots = pointsOf(xs, ys);
  const line = pointsOf(fitXs, fitYs).sort((a, b) => a.x - b.x);
  const all = [...dots, ...line];
  const x = placed(axisOver(all.map((p) => p.x), 7), MARGIN.left, SIZE.width - MARGIN.right);
  const y = placed(axisOver(all.map((p) => p.y), 6), SIZE.height - MARGIN.bottom, MARGIN.top);
  return [
    ...opening(title),
    ...verticals(x),
    ...horizontals(y),
    ...frame(),
    ...lineThrough(line, x, y),
    ...dots.map((p) => dotAt(x.at(p.x), y.at(p.y))),
    ...labels(title, xLabel, yLabel),
    "</svg>",
    "",
  ].join("\n");
}

function pointsOf(xs, ys) {
  const points = Array.from({ length: Math.min(xs.length, ys.length) }, (_, i) => ({ x: xs[i], y: ys[i] }));
  return points.filter((p) => isDrawable(p.x) && isDrawable(p.y));
}

/** Differences of larger numbers would overflow. */
const isDrawable = (x) => Math.abs(x) < 1e300;

/** An axis laid along the picture: `at` gives the place of a value, in pixels. */
function placed(axis, from, to) {
  const scale = (to - from) / (axis.high - axis.low);
  return { ...axis, at: (value) => number(from + (value - axis.low) * scale) };
}

function opening(title) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" role="img" font-family="${FONT}" fill="${COLOUR.text}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${COLOUR.paper}"/>`,
  ];
}

function verticals(x) {
  const [top, bottom] = [MARGIN.top, SIZE.height - MARGIN.bottom];
  const lines = x.ticks.map((t) => `<path d="M${x.at(t)} ${top}V${bottom}"/>`);
  const texts = x.ticks.map((t) => `<text x="${x.at(t)}" y="${bottom + 22}">${x.label(t)}</text>`);
  return [group(`stroke="${COLOUR.grid}"`, lines), group(`font-size="13" text-anchor="middle" fill="${COLOUR.soft}"`, texts)];
}

function horizontals(y) {
  const [left, right] = [MARGIN.left, SIZE.width - MARGIN.right];
  const lines = y.ticks.map((t) => `<path d="M${left} ${y.at(t)}H${right}"/>`);
  const texts = y.ticks.map((t) => `<text x="${left - 10}" y="${number(y.at(t) + 4.5)}">${y.label(t)}</text>`);
  return [group(`stroke="${COLOUR.grid}"`, lines), group(`font-size="13" text-anchor="end" fill="${COLOUR.soft}"`, texts)];
}

function frame() {
  const [bottom, right] = [SIZE.height - MARGIN.bottom, SIZE.width - MARGIN.right];
  return [`<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}" fill="none" stroke="${COLOUR.frame}" stroke-width="1.5"/>`];
}

function lineThrough(points, x, y) {
  if (points.length < 2) return [];
  const path = points.map((p, i) => `${i === 0 ? "M" : "L"}${x.at(p.x)} ${y.at(p.y)}`).join("");
  return [`<path d="${path}" fill="none" stroke="${COLOUR.line}" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"/>`];
}

function dotAt(cx, cy) {
  return `<circle cx="${cx}" cy="${cy}" r="5" fill="${COLOUR.dot}" stroke="${COLOUR.paper}" stroke-width="1.5"/>`;
}

function labels(title, xLabel, yLabel) {
  const [middleX, middleY] = [(MARGIN.left + SIZE.width - MARGIN.right) / 2, (MARGIN.top + SIZE.height - MARGIN.bottom) / 2];
  return [
    `<text x="${MARGIN.left}" y="38" font-size="20" font-weight="600">${escaped(title)}</text>`,
    `<text x="${middleX}" y="${SIZE.height - 18}" font-size="15" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(28 ${middleY}) rotate(-90)" font-size="15" text-anchor="middle">${escaped(yLabel)}</text>`,
  ];
}

const group = (attributes, children) => `<g ${attributes}>${children.join("")}</g>`;

/** Two decimals of a pixel are enough, and keep the file small. */
const number = (x) => Number(x.toFixed(2));

/** For text and for attributes; control characters that XML 1.0 forbids become spaces. */
function escaped(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (c) => entities[c]).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, " ");
}
