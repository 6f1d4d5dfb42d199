/**
 * Rows as text: lines for a terminal, and the page docs/performance.md.
 */
import { copiesSection } from "./copies.ts";
import type { Timing } from "./measure.ts";
import type { Peer, Row, Unit } from "./report.ts";

const TITLES: Readonly<Record<Peer, string>> = {
  sennit: "Sennit",
  binding: "Sennit on jco",
  jco: "jco alone",
  extism: "Extism",
  engine: "engine alone",
  dbos: "DBOS",
  restate: "Restate",
};

/** Who stands beside the rows of a group, or of a benchmark by its name. */
export function besides(name: string): readonly Peer[] {
  return /^durable/i.test(name) ? ["dbos", "restate"] : ["binding", "jco", "extism", "engine"];
}

export function headings(peers: readonly Peer[]): readonly string[] {
  return ["case", "goal", TITLES.sennit, ...peers.map((peer) => TITLES[peer]), "quartiles of Sennit"];
}

const WIDTHS = [62, 10, 16, 17, 17, 17, 16, 20];

/** One line of the table for a terminal. */
export function line(cells: readonly string[]): string {
  return cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join(" ")
    .trimEnd();
}

export function cellsOf(row: Row, peers: readonly Peer[] = besides(row.group)): readonly string[] {
  const { figures, unit, goal } = row;
  if (row.missing !== undefined) return [row.what, goalText(goal, unit), `not measured: ${row.missing}`];
  const own = figures.sennit;
  const others = peers.map((peer) => withRatio(figures[peer], own, unit));
  return [
    row.what,
    goalText(goal, unit),
    own === undefined ? "—" : ownText(own, unit, goal),
    ...others,
    spread(own, unit),
  ];
}

/** A figure in the unit that suits its size. */
export function quantity(value: number, unit: Unit): string {
  switch (unit) {
    case "s": {
      const [scale, name] =
        value < 1e-6 ? [1e9, "ns"] : value < 1e-3 ? [1e6, "µs"] : value < 1 ? [1e3, "ms"] : [1, "s"];
      return `${digits(value * scale)} ${name}`;
    }
    case "B": {
      const [scale, name] = value < 2 ** 20 ? [2 ** -10, "KiB"] : [2 ** -20, "MiB"];
      return `${digits(value * scale)} ${name}`;
    }
    case "/s": {
      const [scale, name] = value >= 1e6 ? [1e-6, " M/s"] : value >= 1e4 ? [1e-3, " k/s"] : [1, "/s"];
      return `${digits(value * scale)}${name}`;
    }
    case "×":
      return `${value.toFixed(2)} ×`;
  }
}

/** How many times better the first is than the second. */
export function advantage(own: number, other: number, unit: Unit): number {
  return isSmallerBetter(unit) ? other / own : own / other;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2);
}

function goalText(goal: number | undefined, unit: Unit): string {
  if (goal === undefined) return "";
  return `${isSmallerBetter(unit) ? "≤" : "≥"} ${quantity(goal, unit)}`;
}

function isSmallerBetter(unit: Unit): boolean {
  return unit === "s" || unit === "B";
}

function ownText(own: Timing, unit: Unit, goal: number | undefined): string {
  const text = `${quantity(own.median, unit)}`;
  if (goal === undefined) return text;
  return `${text} ${advantage(own.median, goal, unit) >= 1 ? "met" : "missed"}`;
}

function spread(own: Timing | undefined, unit: Unit): string {
  return own === undefined ? "" : `${quantity(own.low, unit)} – ${quantity(own.high, unit)}`;
}

function withRatio(other: Timing | undefined, own: Timing | undefined, unit: Unit): string {
  if (other === undefined) return "—";
  const text = quantity(other.median, unit);
  return own === undefined ? text : `${text} (${ratio(advantage(own.median, other.median, unit))})`;
}

function ratio(value: number): string {
  return value >= 0.1 ? `${digits(value)} ×` : `1/${Math.round(1 / value)}`;
}

/** The page: one table a group, and under it what each row leaves out. */
export function page(rows: readonly Row[], machine: string): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const sections = groups.map((group) =>
    section(
      group,
      rows.filter((row) => row.group === group),
    ),
  );
  return `# Performance

Written by \`npm run bench -- --write\`; do not edit. ${machine}.

Each figure is the median of rounds in which all contenders of a row take turns in one process, after a warm-up, and
after every answer was checked; the last column shows how far Sennit's rounds spread. In parentheses stands how many
times Sennit is better (below 1: worse; 1/40 means forty times worse). "Sennit on jco" is this host with the component
linked by jco's binding, as components are that the host cannot link itself; "jco alone" the plain binding of the same
component; "Extism" a plugin with the same body; "engine alone" the core function called directly, with its arguments and
results put into memory and read from it by hand, or what the name of the row says.

${sections.join("\n\n")}

${copiesSection()}
`;
}

function section(group: string, rows: readonly Row[]): string {
  const peers = besides(group);
  const heads = headings(peers);
  const table = [heads, heads.map(() => "---"), ...rows.map((row) => cellsOf(row, peers))];
  const lines = table.map(
    (cells) => `| ${heads.map((_, at) => (cells[at] ?? "").replaceAll("|", "\\|")).join(" | ")} |`,
  );
  const left = [...Map.groupBy(rows, ({ excludes }) => excludes)].map(
    ([excludes, of]) => `- ${of.map(({ what }) => what).join("; ")}: ${excludes}`,
  );
  return `## ${group}\n\n${lines.join("\n")}\n\nNot measured:\n\n${left.join("\n")}`;
}
