/** Tab completion: scripts for three shells, from the table of commands. */
import { Fault } from "../fault.ts";
import { commands } from "./command.ts";

const firsts = [...new Set(commands.map((command) => command.name.split(" ")[0] ?? ""))];
/** Commands of two words, by their first. */
const groups = Map.groupBy(
  commands.filter((command) => command.name.includes(" ")),
  (command) => command.name.split(" ")[0] ?? "",
);
const seconds = (group: string): readonly string[] =>
  (groups.get(group) ?? []).map((command) => command.name.slice(group.length + 1));

/** Ids are asked of the store; what a shell would take for its own is left out there (a list of words is expanded). */
const aboutRuns = commands.filter((command) => command.takesRun === true).map((command) => command.name);

/** The options whose values can be begun, by name: the same wherever they stand. */
const withBeginnings = [
  ...new Map(
    commands
      .flatMap((command) => command.options)
      .flatMap(({ name, beginnings }) => (beginnings === undefined ? [] : [[name, { name, beginnings }] as const])),
  ).values(),
];

/** @throws {Fault} `usage` for another shell. */
export function completionScript(shell: string | undefined): string {
  switch (shell) {
    case "bash":
      return bash();
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bash()}`;
    case "fish":
      return fish();
    default:
      throw new Fault("usage", `No completion for \`${shell ?? ""}\``, {
        hint: "Write sennit completion bash, zsh or fish",
      });
  }
}

function bash(): string {
  const cases = commands.map((command) => {
    const options = command.options.map((option) => `--${option.name}`).join(" ");
    return `    "${command.name}") words="${options}" ;;`;
  });
  const values = withBeginnings.map(
    ({ name, beginnings }) =>
      `    --${name}) compopt -o nospace; COMPREPLY=($(compgen -W "${beginnings.join(" ")}" -- "$current")); return ;;`,
  );
  const subcommands = [...groups.keys()].map((group) => `    ${group}) words="${seconds(group).join(" ")}" ;;`);
  const names = [...groups.keys()].join("|");
  return `_sennit_runs() {
  local store="" at
  for ((at = 1; at < \${#COMP_WORDS[@]}; at++)); do
    [ "\${COMP_WORDS[at]}" = --store ] && store="\${COMP_WORDS[at+1]}"
  done
  sennit ps --ids \${store:+--store "$store"} 2>/dev/null | grep -E '^[A-Za-z0-9_.:@+-]+$'
}
_sennit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=""
  case "$command" in ${names}) command="$command \${COMP_WORDS[2]}" ;; esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
  esac
  case "$command" in
${cases.join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${firsts.join(" ")} --help --version"
  elif [ "$COMP_CWORD" -eq 2 ] && [[ "\${COMP_WORDS[1]}" =~ ^(${names})$ ]]; then
    case "\${COMP_WORDS[1]}" in
${subcommands.join("\n")}
    esac
  elif [ "\${COMP_WORDS[1]}" = completion ]; then words="bash zsh fish"
  elif [[ "$current" != -* && "\${COMP_WORDS[COMP_CWORD-1]}" != --store && "$command" =~ ^(${aboutRuns.join("|")})$ ]]; then
    words="$(_sennit_runs)"
  elif [[ "$current" != -* ]]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _sennit sennit
`;
}

function fish(): string {
  const lines = firsts.map((name) => `complete -c sennit -n __fish_use_subcommand -f -a ${name}`);
  for (const command of commands) {
    const [first = "", second] = command.name.split(" ");
    if (second !== undefined)
      lines.push(`complete -c sennit -n '__fish_seen_subcommand_from ${first}' -f -a ${second}`);
    for (const option of command.options) {
      const beginnings = option.beginnings === undefined ? "" : ` -f -a '${option.beginnings.join(" ")}'`;
      const value = option.value === undefined ? "" : ` -r${beginnings}`;
      const help = option.help.replaceAll("'", "’");
      lines.push(`complete -c sennit -n '__fish_seen_subcommand_from ${first}' -l ${option.name}${value} -d '${help}'`);
    }
  }
  const ids = `sennit ps --ids 2>/dev/null | string match -r '^[A-Za-z0-9_.:@+-]+\\$'`;
  lines.push(`complete -c sennit -n '__fish_seen_subcommand_from ${aboutRuns.join(" ")}' -f -a "(${ids})"`);
  return `${lines.join("\n")}\n`;
}
