/** `--help`, from the table of commands. */
import { commands } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";

export function generalHelp(version: string): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const list = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    `sennit ${version}: workflows over plugins in any language`,
    "",
    "Usage: sennit COMMAND …",
    "",
    ...list,
    "",
    "  sennit COMMAND --help shows a command's options and examples.",
    "",
    "Exit status: 0 done; 1 the program failed; 2 refused before the run, or misused; 70 a bug of ours; 124 `wait` was up; 130 interrupted.",
    "",
  ].join("\n");
}

export function commandHelp(command: CommandSpec): string {
  const heads = command.options.map(optionHead);
  const width = Math.max(...heads.map((head) => head.length));
  return [
    `${command.summary}.`,
    "",
    `Usage: ${command.usage}`,
    "",
    "Options:",
    ...command.options.map((option, at) => `  ${(heads[at] ?? "").padEnd(width)}  ${option.help}`),
    "",
    "Examples:",
    ...command.examples.map(([line, what]) => `  ${line}\n      ${what}`),
    "",
  ].join("\n");
}

function optionHead(option: OptionSpec): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`;
}
