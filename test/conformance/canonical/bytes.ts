/** Bytes as they lie in memory, the least first. */
export function ascii(text: string): readonly number[] {
  return [...text].map((each) => each.charCodeAt(0));
}

/** 32-bit words. */
export function words(...all: readonly number[]): readonly number[] {
  return all.flatMap((each) => le(each, 4));
}

export function zeros(count: number): readonly number[] {
  return Array<number>(count).fill(0);
}

/** The number in so many bytes, the least first. */
export function le(value: number | bigint, size: number): readonly number[] {
  return Array.from({ length: size }, (_, at) => Number((BigInt(value) >> BigInt(8 * at)) & 0xffn));
}
