/**
 * The text of the contracts in `wit/`, for where there are no files: WIT text that names `sennit:host` or
 * `sennit:plugin` is read together with these. A test compares them with the files.
 */

import { HOST_0_2, PLUGIN_0_2 } from "./contracts-0.2.ts";

export interface Contract {
  /** The package with its version: `sennit:host@0.1.0`. */
  readonly id: string;
  readonly text: string;
  /** Contracts that it names itself. */
  readonly needs: readonly string[];
}

const HOST = `/// What the host offers to every plugin, whatever language it is written in.
package sennit:host@0.1.0;

/// Lines for the log of the run. Needs the capability \`log\`; without it, lines are dropped and the calls still succeed.
interface log {
  enum level {
    trace,
    debug,
    info,
    warn,
    error,
  }

  /// Writes one line. A text of several lines becomes several.
  write: func(level: level, text: string);
}

/// How far a long call has come. Only for people to look at: a run never depends on it.
interface progress {
  /// Replaces what this call reported before. \`total\` is absent while it is unknown.
  report: func(done: u64, total: option<u64>, text: string);
}

/// Data whose type is not known beforehand: the \`Any\` of the workflow language.
interface values {
  /// The canonical CBOR (RFC 8949) of null, a boolean, an integer from -2^63 to 2^64 - 1, a float, text, bytes, a list,
  /// or a map with text keys whose order is kept. Lengths are definite and there are no tags. An integer stays an
  /// integer and a float a float: 5 and 5.0 are different values.
  type value = list<u8>;
}

/// Functions of the workflow that a plugin is given and can call back.
interface callback {
  use values.{value};

  /// What went wrong in the function.
  record error {
    /// Stable within its source, such as \`raised\` or \`overflow\`.
    code: string,
    /// \`sennit\`, \`program\`, or the name of a package.
    source: string,
    /// For people to read.
    message: string,
    /// What was raised; null when there is nothing more than the message.
    value: value,
  }

  /// A function of the workflow. It may be called until the call that lent it returns, or, when owned, until dropped.
  resource callback {
    /// Calls it. The arguments are checked against its parameters then.
    call: func(args: list<value>) -> result<value, error>;
  }
}
`;

const PLUGIN = `/// The world that a plugin builds on.
package sennit:plugin@0.1.0;

/// Everything the host offers. A plugin's world includes this one and adds its own exports:
///
///     package acme:stats@1.0.0;
///     world stats {
///       include sennit:plugin/plugin@0.1.0;
///       export mean: func(xs: list<f64>) -> f64;
///     }
///
/// A world that needs nothing of the host need not include it.
world plugin {
  import sennit:host/log@0.1.0;
  import sennit:host/progress@0.1.0;
  import sennit:host/values@0.1.0;
  import sennit:host/callback@0.1.0;
}
`;

/** Each contract after those it needs. */
export const CONTRACTS: readonly Contract[] = [
  { id: "sennit:host@0.1.0", text: HOST, needs: [] },
  { id: "sennit:plugin@0.1.0", text: PLUGIN, needs: ["sennit:host@0.1.0"] },
  { id: "sennit:host@0.2.0", text: HOST_0_2, needs: [] },
  { id: "sennit:plugin@0.2.0", text: PLUGIN_0_2, needs: ["sennit:host@0.2.0"] },
];
