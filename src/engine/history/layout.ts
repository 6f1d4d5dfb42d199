/**
 * Places for the nodes of a drawing, in rows from top to bottom.
 *
 *   Y1  A node stands below everything that flows into it; what flows back (a callback) goes against the rows.
 *   Y2  A flow over several rows has a waypoint in each, so that it does not run through nodes.
 *   Y3  Nodes of a row do not touch. Their order is near to that of their neighbours; no better one is searched for long.
 */
import type { Flow } from "./provenance.ts";

export interface Box {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Centres. */
  readonly places: ReadonlyMap<number, Point>;
  /** By flow, in their order: from the first node to the last. */
  readonly lines: readonly (readonly Point[])[];
}

interface Spot {
  readonly box: Box;
  readonly row: number;
  readonly above: Spot[];
  readonly below: Spot[];
  x: number;
}

const GAP = 24;
const ROW = 56;
const MARGIN = 20;
/** Waypoints beyond which flows are drawn straight. */
const MOST_WAYPOINTS = 20_000;
const SWEEPS = 6;

export function layoutOf(boxes: readonly Box[], flows: readonly Flow[]): Layout {
  const rowOf = rowsOf(boxes, flows);
  const spots = new Map(boxes.map((box) => [box.id, spot(box, rowOf.get(box.id) ?? 0)]));
  const rows: Spot[][] = [];
  for (const each of spots.values()) (rows[each.row] ??= []).push(each);
  const chains = chainsOf(flows, spots, rows);
  order(rows);
  place(rows);
  return measured(rows, spots, chains);
}

function spot(box: Box, row: number): Spot {
  return { box, row, above: [], below: [], x: 0 };
}

/** Y1. Nodes are numbered in the order of their beginnings. */
function rowsOf(boxes: readonly Box[], flows: readonly Flow[]): ReadonlyMap<number, number> {
  const into = new Map<number, number[]>();
  for (const { from, to } of flows) if (from < to) into.set(to, [...(into.get(to) ?? []), from]);
  const rows = new Map<number, number>();
  for (const { id } of boxes.toSorted((a, b) => a.id - b.id)) {
    rows.set(
      id,
      (into.get(id) ?? []).reduce((row, from) => Math.max(row, (rows.get(from) ?? -1) + 1), 0),
    );
  }
  return rows;
}

/** Y2 */
function chainsOf(
  flows: readonly Flow[],
  spots: ReadonlyMap<number, Spot>,
  rows: Spot[][],
): readonly (readonly Spot[])[] {
  let waypoints = 0;
  return flows.map(({ from, to }) => {
    const [first, last] = [spots.get(from), spots.get(to)];
    if (first === undefined || last === undefined) return [];
    const chain = [first];
    const between = last.row - first.row - 1;
    if (between > 0 && waypoints + between <= MOST_WAYPOINTS) {
      waypoints += between;
      for (let row = first.row + 1; row < last.row; row++) {
        const point = spot({ id: 0, width: 8, height: 0 }, row);
        (rows[row] ??= []).push(point);
        chain.push(point);
      }
    }
    chain.push(last);
    for (const [at, next] of chain.slice(1).entries()) {
      chain[at]?.below.push(next);
      next.above.push(chain[at] as Spot);
    }
    return chain;
  });
}

/** Y3 */
function order(rows: Spot[][]): void {
  for (const row of rows) spread(row);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) {
      const wanted = new Map(row.map((each) => [each, middle(isDown ? each.above : each.below, each.x)]));
      row.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      spread(row);
    }
  }
}

/** Side by side, as near to their neighbours as the order allows. */
function place(rows: readonly (readonly Spot[])[]): void {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 === 0 ? rows : rows.toReversed()) {
      const wanted = row.map((each) => middle([...each.above, ...each.below], each.x));
      const right = wanted.slice();
      const left = wanted.slice();
      for (let at = 1; at < row.length; at++) right[at] = Math.max(right[at]!, right[at - 1]! + apart(row, at));
      for (let at = row.length - 2; at >= 0; at--) left[at] = Math.min(left[at]!, left[at + 1]! - apart(row, at + 1));
      row.forEach((each, at) => (each.x = (right[at]! + left[at]!) / 2));
    }
  }
}

/** Between the centres of a node and the one before it. */
function apart(row: readonly Spot[], at: number): number {
  return (row[at - 1]!.box.width + row[at]!.box.width) / 2 + GAP;
}

function spread(row: readonly Spot[]): void {
  let x = 0;
  for (const [at, each] of row.entries()) each.x = x += at === 0 ? each.box.width / 2 : apart(row, at);
}

function middle(spots: readonly Spot[], otherwise: number): number {
  return spots.length === 0 ? otherwise : spots.reduce((sum, { x }) => sum + x, 0) / spots.length;
}

function measured(
  rows: readonly (readonly Spot[])[],
  spots: ReadonlyMap<number, Spot>,
  chains: readonly (readonly Spot[])[],
): Layout {
  const heights = rows.map((row) => row.reduce((most, { box }) => Math.max(most, box.height), 0));
  const tops: number[] = [];
  let y = MARGIN;
  for (const [at, height] of heights.entries()) {
    tops[at] = y + height / 2;
    y += height + ROW;
  }
  const all = rows.flat();
  const least = all.reduce((x, each) => Math.min(x, each.x - each.box.width / 2), Infinity);
  const most = all.reduce((x, each) => Math.max(x, each.x + each.box.width / 2), 0);
  const shift = MARGIN - (Number.isFinite(least) ? least : 0);
  const pointOf = ({ x, row }: Spot): Point => ({ x: x + shift, y: tops[row] ?? 0 });
  return {
    width: most + shift + MARGIN,
    height: Math.max(2 * MARGIN, y - ROW + MARGIN),
    places: new Map([...spots].map(([id, each]) => [id, pointOf(each)])),
    lines: chains.map((chain) => chain.map(pointOf)),
  };
}
