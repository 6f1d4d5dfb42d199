/** The text of version 0.2.0 of the contracts in `wit/`: 0.1.0 and what a plugin may want of its user. */

/** `wit/sennit-host-0.2/host.wit` */
export const HOST_0_2: string = `/// What the host offers to plugins, whatever language they are written in.
///
/// \`log\`, \`progress\`, \`values\` and \`callback\` are there for every plugin. What stands behind the other interfaces belongs to
/// the user: a plugin that imports one says in its manifest what it \`wants\` of it, and reaches no more than it was granted.
/// The grant is asked for at each call, and a denial is an answer: the case \`denied\` of the interface's \`error\`. The text of
/// every case is for people to read.
package sennit:host@0.2.0;

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

/// Requests by http and https to the hosts that the plugin was granted (\`net:<host>\`, \`net:<host>:<port>\`). The grant is asked
/// for again at each redirect. An address of this machine, or of a private network, needs a grant of its own.
interface http {
  variant header-value {
    plain(string),
    /// The secret of that name (\`secret:<NAME>\`): the host puts it on the wire, and nobody else sees it.
    secret(string),
    /// \`Bearer \` and the secret of that name.
    bearer(string),
    /// \`Basic \` and what a user and the secret of that name make.
    basic(tuple<string, string>),
  }

  record request {
    /// \`GET\`, \`HEAD\`, \`POST\`, \`PUT\`, \`PATCH\`, \`DELETE\` or \`OPTIONS\`.
    method: string,
    url: string,
    headers: list<tuple<string, header-value>>,
    body: option<list<u8>>,
    /// Milliseconds for all redirects together: 30,000 when absent, 600,000 at most.
    timeout: option<u32>,
    /// The most bytes that the response's body may have: 10 MiB when absent, 100 MiB at most.
    limit: option<u32>,
    /// The most redirects that are followed: 5 when absent, and at most. With 0 a redirect is a response like any other.
    redirects: option<u8>,
  }

  /// Any status is a response: 404 is no error.
  record response {
    status: u16,
    /// Where it came from, after redirects.
    url: string,
    /// In the order of the wire; names in lower case.
    headers: list<tuple<string, string>>,
    /// As sent: what a server compressed although it was not asked to stays compressed.
    body: list<u8>,
  }

  variant error {
    /// No grant covers the host or the secret, or the host leads to an address that it may not.
    denied(string),
    /// The request itself is wrong: its URL, method, a header, or the value of a secret.
    invalid(string),
    /// No connection came about, or the other side is not who it should be.
    unreachable(string),
    /// The time given to the request was over.
    timeout(string),
    /// The body or the headers are larger than allowed.
    too-large(string),
    /// Anything else.
    failed(string),
  }

  get: func(url: string, headers: list<tuple<string, header-value>>) -> result<response, error>;
  send: func(request: request) -> result<response, error>;
}

/// Files of the folders that the plugin was granted (\`fs:<path>\`, \`fs:<path>:ro\`). Paths have \`/\` between their steps, and
/// relative ones start at the folder of the project. Each call finds its path anew: links are followed as far as they lead to
/// what was granted, and nothing stays open between calls.
interface files {
  variant error {
    /// No grant covers the path, or it leads elsewhere.
    denied(string),
    /// There is no such file or folder.
    not-found(string),
    /// There is such a file or folder already.
    exists(string),
    /// The path, or a step of it, is no folder.
    not-a-folder(string),
    /// The path is a folder.
    is-a-folder(string),
    /// The folder is not empty.
    not-empty(string),
    /// The path or a number is none that a file can have.
    invalid(string),
    /// The file is larger than a call may carry: 256 MiB.
    too-large(string),
    /// Anything else the system said.
    failed(string),
  }

  enum kind {
    file,
    folder,
    link,
    other,
  }

  record status {
    kind: kind,
    /// Bytes; 0 unless it is a file.
    size: u64,
    /// When its content changed last: nanoseconds since 1970 began in UTC.
    modified: u64,
    /// The same number for the same file, under whatever path, while it exists.
    identity: u64,
  }

  record entry {
    name: string,
    kind: kind,
  }

  record grant {
    /// As the grant has it, without \`fs:\`.
    path: string,
    /// Without \`:ro\`.
    writable: bool,
  }

  /// What was granted: where paths may begin.
  grants: func() -> list<grant>;
  /// A whole file.
  read: func(path: string) -> result<list<u8>, error>;
  /// Replaces a file, or makes it, with the folders above it.
  write: func(path: string, bytes: list<u8>) -> result<_, error>;
  /// What is in a folder, by name.
  %list: func(path: string) -> result<list<entry>, error>;

  /// What a path leads to, also through a link.
  status-of: func(path: string) -> result<status, error>;
  /// The same of the link itself, when the path ends in one.
  link-status: func(path: string) -> result<status, error>;
  /// At most so many bytes from an offset on, at most 16 MiB: fewer where the file ends, none at its end.
  read-at: func(path: string, offset: u64, length: u32) -> result<list<u8>, error>;
  /// Overwrites or extends a file that is there; a gap is filled with zeros.
  write-at: func(path: string, offset: u64, bytes: list<u8>) -> result<_, error>;
  /// Writes at the end of a file that is there.
  append: func(path: string, bytes: list<u8>) -> result<_, error>;
  /// Makes an empty file where nothing is yet.
  create: func(path: string) -> result<_, error>;
  /// Cuts a file, or extends it with zeros.
  set-size: func(path: string, size: u64) -> result<_, error>;
  /// Waits until the file, or the names in the folder, would survive a loss of power.
  sync: func(path: string) -> result<_, error>;
  /// Makes a folder in a folder that is there.
  make-folder: func(path: string) -> result<_, error>;
  /// Removes a file, or a link and not what it leads to.
  remove: func(path: string) -> result<_, error>;
  /// Removes an empty folder.
  remove-folder: func(path: string) -> result<_, error>;
  /// Gives a file, a folder or a link another path. A file that is there already is replaced.
  rename: func(path: string, new-path: string) -> result<_, error>;
}

/// The environment of the process that runs the workflow, one granted variable at a time (\`env:<NAME>\`).
interface env {
  variant error {
    /// No grant has this name. Whether the variable is set does not show.
    denied(string),
  }

  /// The variable's text; nothing when it is not set.
  get: func(name: string) -> result<option<string>, error>;
}

/// The secrets that the plugin was granted (\`secret:<NAME>\`), by name: no plugin sees a value. It is \`http\` that puts one
/// on the wire.
interface secrets {
  variant error {
    /// No grant has this name. Whether the secret has a value does not show.
    denied(string),
  }

  /// Whether the secret has a value.
  is-set: func(name: string) -> result<bool, error>;
}

/// The time as it passes (\`clock:live\`). Every other clock a plugin can see stands still while it computes.
interface clock {
  variant error {
    /// The capability was not granted.
    denied(string),
  }

  /// Nanoseconds since 1970 began in UTC, in whole milliseconds.
  now-live: func() -> result<u64, error>;
  /// Nanoseconds since some moment, in whole milliseconds. Never goes back.
  elapsed-live: func() -> result<u64, error>;
}

/// Chance that no seed repeats (\`random:live\`). Every other randomness a plugin can see follows from the run's seed.
interface random {
  variant error {
    /// The capability was not granted.
    denied(string),
    /// More than 65,536 bytes at once.
    invalid(string),
  }

  live-bytes: func(length: u32) -> result<list<u8>, error>;
}

/// Programs of the system, as far as they were granted (\`run\`, \`run:<command>\`).
interface run {
  variant error {
    /// No grant covers the command.
    denied(string),
    /// The command itself is wrong: no name, or a NUL in it.
    invalid(string),
    /// There is no such command, it did not start, or it said too much.
    failed(string),
  }

  record output {
    /// 0 when all went well, by custom.
    status: u32,
    /// What is not UTF-8 shows replacement characters.
    stdout: string,
    stderr: string,
  }

  /// Runs a program to its end: its name, and its arguments as they are; no shell reads them. It starts in the project's folder and
  /// finds in its environment where programs and files lie, and the variables that the plugin was granted.
  command: func(argv: list<string>, input: list<u8>) -> result<output, error>;
}
`;

/** `wit/sennit-plugin-0.2/world.wit` */
export const PLUGIN_0_2: string = `/// The worlds that a plugin builds on.
package sennit:plugin@0.2.0;

/// What the host offers to every plugin. A plugin's world includes this one and adds what it wants to use, and its own exports:
///
///     package acme:weather@1.0.0;
///     world weather {
///       include sennit:plugin/plugin@0.2.0;
///       import sennit:host/http@0.2.0;
///       export temperature: func(place: string) -> result<f64, string>;
///     }
///
/// A world that needs nothing of the host need not include it.
world plugin {
  import sennit:host/log@0.2.0;
  import sennit:host/progress@0.2.0;
  import sennit:host/values@0.2.0;
  import sennit:host/callback@0.2.0;
}

/// All there is, for toolchains that leave out what the code does not use. A package that is loaded from source imports
/// everything that its world names, and so would have to ask for all of it.
world capable {
  include plugin;
  import sennit:host/http@0.2.0;
  import sennit:host/files@0.2.0;
  import sennit:host/env@0.2.0;
  import sennit:host/secrets@0.2.0;
  import sennit:host/clock@0.2.0;
  import sennit:host/random@0.2.0;
  import sennit:host/run@0.2.0;
}
`;
