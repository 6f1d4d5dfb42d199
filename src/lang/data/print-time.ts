/** Durations and Instants as the program writes them (rule 43). */

const UNITS: readonly (readonly [string, bigint])[] = [
  ["d", 86_400_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["us", 1_000n],
];

/** In the largest unit that divides it: `90s`, `1m`, `1500us`. */
export function printDuration(nanoseconds: number | bigint): string {
  const n = BigInt(nanoseconds);
  if (n === 0n) return "0s";
  for (const [name, size] of UNITS) if (n % size === 0n) return `${n / size}${name}`;
  return `${n}ns`;
}

/** `instant("2026-11-21T11:30:00Z")`, with as many decimals of a second as it needs. */
export function printInstant(nanoseconds: number | bigint): string {
  return `instant("${iso(BigInt(nanoseconds))}")`;
}

const DAY = 86_400_000_000_000n;

function iso(n: bigint): string {
  let day = n / DAY;
  let rest = n % DAY;
  if (rest < 0n) {
    rest += DAY;
    day -= 1n;
  }
  const seconds = rest / 1_000_000_000n;
  const fraction = rest % 1_000_000_000n;
  const two = (x: bigint): string => String(x).padStart(2, "0");
  const time = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  const decimals = fraction === 0n ? "" : `.${String(fraction).padStart(9, "0").replace(/0+$/, "")}`;
  return `${date(day)}T${time}${decimals}Z`;
}

/** Days since 1970-01-01 as a date of the Gregorian calendar: eras of 400 years that begin on the first of March. */
function date(days: bigint): string {
  const shifted = days + 719_468n;
  const era = (shifted >= 0n ? shifted : shifted - 146_096n) / 146_097n;
  const day = shifted - era * 146_097n;
  const yearOfEra = (day - day / 1460n + day / 36_524n - day / 146_096n) / 365n;
  const dayOfYear = day - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const month = (5n * dayOfYear + 2n) / 153n;
  const dayOfMonth = dayOfYear - (153n * month + 2n) / 5n + 1n;
  const calendar = month < 10n ? month + 3n : month - 9n;
  const year = yearOfEra + era * 400n + (calendar <= 2n ? 1n : 0n);
  const digits = year < 0n ? `-${String(-year).padStart(6, "0")}` : String(year).padStart(4, "0");
  return `${digits}-${String(calendar).padStart(2, "0")}-${String(dayOfMonth).padStart(2, "0")}`;
}
