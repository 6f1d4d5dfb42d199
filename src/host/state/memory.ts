/**
 * A linear memory in a saved state: its size, and those of its pages that are not all zero, neighbours in one piece.
 *
 *   M1  Pieces lie in order, apart, and inside the memory; what is between them is zero afterwards, whatever was there.
 *   M2  A memory is made no smaller than it is, and no larger than its own maximum lets it grow.
 */
import type { StateReader, StateWriter } from "./bytes.ts";

/** Of WebAssembly, by which memories grow; and of the form, by which they are looked at. */
const WASM_PAGE = 65_536;
const PAGE = 4096;
const MOST_WASM_PAGES = 65_536;
/** A piece takes this many bytes besides its content: where it begins, and how many pages it has. */
const PIECE_HEAD = 8;

interface Piece {
  readonly page: number;
  readonly pages: number;
}

export function writeMemory(memory: WebAssembly.Memory, to: StateWriter): void {
  const { buffer } = memory;
  const pieces = piecesOf(buffer);
  to.reserve(8 + pieces.reduce((sum, { pages }) => sum + PIECE_HEAD + pages * PAGE, 0));
  to.u32(buffer.byteLength / WASM_PAGE);
  to.u32(pieces.length);
  for (const { page, pages } of pieces) {
    to.u32(page);
    to.u32(pages);
    to.raw(new Uint8Array(buffer, page * PAGE, pages * PAGE));
  }
}

/** @throws {Fault} `state-invalid` */
export function readMemory(memory: WebAssembly.Memory, from: StateReader): void {
  const before = memory.buffer.byteLength;
  grow(memory, from);
  const bytes = new Uint8Array(memory.buffer);
  const end = bytes.length / PAGE;
  let next = 0;
  for (let left = from.count(PIECE_HEAD + PAGE); left > 0; left--) {
    const page = from.u32();
    const pages = from.u32();
    if (page < next || pages === 0 || page + pages > end) from.refuse("a piece of a memory lies outside of it");
    clear(memory.buffer, next, page, before);
    bytes.set(from.raw(pages * PAGE), page * PAGE);
    next = page + pages;
  }
  clear(memory.buffer, next, end, before);
}

/** M2 */
function grow(memory: WebAssembly.Memory, from: StateReader): void {
  const size = from.u32();
  const have = memory.buffer.byteLength / WASM_PAGE;
  if (size < have || size > MOST_WASM_PAGES) from.refuse(`a memory has ${size} pages`);
  try {
    if (size > have) memory.grow(size - have);
  } catch {
    from.refuse(`a memory of ${size * WASM_PAGE} bytes is more than there may be`);
  }
}

function piecesOf(buffer: ArrayBuffer): Piece[] {
  const words = new Uint32Array(buffer);
  const pieces: Piece[] = [];
  const end = buffer.byteLength / PAGE;
  for (let page = 0; page < end;) {
    const first = page;
    while (page < end && !isZero(words, page)) page += 1;
    if (page > first) pieces.push({ page: first, pages: page - first });
    while (page < end && isZero(words, page)) page += 1;
  }
  return pieces;
}

/** Pages are looked at before they are written: what was never touched costs nothing, and stays so. */
function clear(buffer: ArrayBuffer, first: number, end: number, before: number): void {
  const words = new Uint32Array(buffer);
  const last = Math.min(end, before / PAGE);
  for (let page = first; page < last; page++) {
    if (!isZero(words, page)) words.fill(0, (page * PAGE) / 4, ((page + 1) * PAGE) / 4);
  }
}

function isZero(words: Uint32Array, page: number): boolean {
  const end = ((page + 1) * PAGE) / 4;
  for (let at = (page * PAGE) / 4; at < end; at += 4) {
    const four =
      (words[at] as number) | (words[at + 1] as number) | (words[at + 2] as number) | (words[at + 3] as number);
    if (four !== 0) return false;
  }
  return true;
}
