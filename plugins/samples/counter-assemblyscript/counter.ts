/**
 * The counter in AssemblyScript: a component without generated bindings, the canonical ABI by hand.
 *
 *   A1  What crosses lies in memory that the collector does not know (`heap`), and is freed by `cabi_post_…`.
 *   A2  An argument's bytes belong to the callee: it frees them, or hands them on in its result.
 */

let count: u32 = 0;

export function increment(): u32 {
  return ++count;
}

export function add(a: u32, b: u32): u32 {
  return a + b;
}

export function trap(): void {
  unreachable();
}

/** `result<u32, string>` in memory: the case at 0, the payload (address, length) at 4. The message is handed on (A2). */
export function fail(data: usize, size: u32): usize {
  const area = heap.alloc(12);
  store<u32>(area, 1);
  store<u32>(area, <u32>data, 4);
  store<u32>(area, size, 8);
  return area;
}

export function cabi_post_fail(area: usize): void {
  release(load<u32>(area, 4), load<u32>(area, 8));
  heap.free(area);
}

/** A word of a text, in place: nothing is decoded, since UTF-8 bytes sort as their scalar values do. */
@unmanaged
class Word {
  constructor(
    public data: usize,
    public size: u32,
  ) {}
}

const SPACE_BITS: u64 = (1 << 9) | (1 << 10) | (1 << 12) | (1 << 13) | (1 << 32);

function isSpace(byte: u8): bool {
  return byte <= 32 && ((SPACE_BITS >> byte) & 1) != 0;
}

function compareWords(a: Word, b: Word): i32 {
  const order = memory.compare(a.data, b.data, min(a.size, b.size));
  return order != 0 ? order : <i32>(a.size - b.size);
}

function wordsOf(data: usize, size: u32): Word[] {
  const words: Word[] = [];
  const end = data + size;
  for (let at = data; at < end; ) {
    const start = at;
    while (at < end && !isSpace(load<u8>(at))) at++;
    if (at > start) words.push(new Word(start, <u32>(at - start)));
    else at++;
  }
  return words.sort(compareWords);
}

/** A list in memory: (address, length) of elements (address of the word, its length, its count). */
export function count_words(data: usize, size: u32): usize {
  const words = wordsOf(data, size);
  const entries = heap.alloc(max(12 * words.length, 1));
  let length: u32 = 0;
  for (let i = 0, from = 0; i < words.length; i++) {
    const isLast = i + 1 == words.length || compareWords(words[i], words[i + 1]) != 0;
    if (!isLast) continue;
    storeEntry(entries + 12 * length++, words[i], <u32>(i + 1 - from));
    from = i + 1;
  }
  for (let i = 0; i < words.length; i++) heap.free(changetype<usize>(words[i]));
  release(data, size); // A2
  const area = heap.alloc(8);
  store<u32>(area, <u32>entries);
  store<u32>(area, length, 4);
  return area;
}

function storeEntry(at: usize, word: Word, times: u32): void {
  const copy = heap.alloc(word.size);
  memory.copy(copy, word.data, word.size);
  store<u32>(at, <u32>copy);
  store<u32>(at, word.size, 4);
  store<u32>(at, times, 8);
}

export function cabi_post_count_words(area: usize): void {
  const entries: usize = load<u32>(area);
  const length = load<u32>(area, 4);
  for (let i: u32 = 0; i < length; i++) heap.free(load<u32>(entries + 12 * i));
  heap.free(entries);
  heap.free(area);
}

/** The host's way to memory for arguments. Blocks are aligned to 16, which is more than WIT asks for. */
export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  if (size == 0) return align; // some address, never read and never freed
  return oldSize == 0 ? heap.alloc(size) : heap.realloc(old, size);
}

function release(data: usize, size: u32): void {
  if (size > 0) heap.free(data);
}
