/** The types of all that a guest may call, as WASI 0.2 has them. */
export const WASI_TEXT = `package test:probe;
world w {
  import wasi:io/poll@0.2.3; import wasi:io/error@0.2.3; import wasi:io/streams@0.2.3;
  import wasi:cli/environment@0.2.3; import wasi:cli/exit@0.2.3;
  import wasi:cli/stdin@0.2.3; import wasi:cli/stdout@0.2.3; import wasi:cli/stderr@0.2.3;
  import wasi:cli/terminal-input@0.2.3; import wasi:cli/terminal-output@0.2.3;
  import wasi:cli/terminal-stdin@0.2.3; import wasi:cli/terminal-stdout@0.2.3; import wasi:cli/terminal-stderr@0.2.3;
  import wasi:clocks/monotonic-clock@0.2.3; import wasi:clocks/wall-clock@0.2.3; import wasi:clocks/timezone@0.2.3;
  import wasi:random/random@0.2.3; import wasi:random/insecure@0.2.3; import wasi:random/insecure-seed@0.2.3;
  import wasi:filesystem/types@0.2.3; import wasi:filesystem/preopens@0.2.3;
  import wasi:sockets/network@0.2.3; import wasi:sockets/instance-network@0.2.3;
  import wasi:sockets/tcp-create-socket@0.2.3; import wasi:sockets/udp-create-socket@0.2.3;
  import wasi:sockets/ip-name-lookup@0.2.3;
}
package wasi:io@0.2.3 {
  interface error { resource error { to-debug-string: func() -> string; } }
  interface poll {
    resource pollable { ready: func() -> bool; block: func(); }
    poll: func(in: list<borrow<pollable>>) -> list<u32>;
  }
  interface streams {
    use error.{error};
    use poll.{pollable};
    variant stream-error { last-operation-failed(error), closed }
    resource input-stream {
      read: func(len: u64) -> result<list<u8>, stream-error>;
      blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
      skip: func(len: u64) -> result<u64, stream-error>;
      blocking-skip: func(len: u64) -> result<u64, stream-error>;
      subscribe: func() -> pollable;
    }
    resource output-stream {
      check-write: func() -> result<u64, stream-error>;
      write: func(contents: list<u8>) -> result<_, stream-error>;
      blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
      flush: func() -> result<_, stream-error>;
      blocking-flush: func() -> result<_, stream-error>;
      subscribe: func() -> pollable;
      write-zeroes: func(len: u64) -> result<_, stream-error>;
      blocking-write-zeroes-and-flush: func(len: u64) -> result<_, stream-error>;
      splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
      blocking-splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
    }
  }
}
package wasi:cli@0.2.3 {
  interface environment {
    get-environment: func() -> list<tuple<string, string>>;
    get-arguments: func() -> list<string>;
    initial-cwd: func() -> option<string>;
  }
  interface exit { exit: func(status: result); exit-with-code: func(status-code: u8); }
  interface stdin { use wasi:io/streams@0.2.3.{input-stream}; get-stdin: func() -> input-stream; }
  interface stdout { use wasi:io/streams@0.2.3.{output-stream}; get-stdout: func() -> output-stream; }
  interface stderr { use wasi:io/streams@0.2.3.{output-stream}; get-stderr: func() -> output-stream; }
  interface terminal-input { resource terminal-input; }
  interface terminal-output { resource terminal-output; }
  interface terminal-stdin { use terminal-input.{terminal-input}; get-terminal-stdin: func() -> option<terminal-input>; }
  interface terminal-stdout { use terminal-output.{terminal-output}; get-terminal-stdout: func() -> option<terminal-output>; }
  interface terminal-stderr { use terminal-output.{terminal-output}; get-terminal-stderr: func() -> option<terminal-output>; }
}
package wasi:clocks@0.2.3 {
  interface monotonic-clock {
    use wasi:io/poll@0.2.3.{pollable};
    type instant = u64;
    type duration = u64;
    now: func() -> instant;
    resolution: func() -> duration;
    subscribe-instant: func(when: instant) -> pollable;
    subscribe-duration: func(when: duration) -> pollable;
  }
  interface wall-clock {
    record datetime { seconds: u64, nanoseconds: u32 }
    now: func() -> datetime;
    resolution: func() -> datetime;
  }
  interface timezone {
    use wall-clock.{datetime};
    record timezone-display { utc-offset: s32, name: string, in-daylight-saving-time: bool }
    display: func(when: datetime) -> timezone-display;
    utc-offset: func(when: datetime) -> s32;
  }
}
package wasi:random@0.2.3 {
  interface random { get-random-bytes: func(len: u64) -> list<u8>; get-random-u64: func() -> u64; }
  interface insecure { get-insecure-random-bytes: func(len: u64) -> list<u8>; get-insecure-random-u64: func() -> u64; }
  interface insecure-seed { insecure-seed: func() -> tuple<u64, u64>; }
}
package wasi:filesystem@0.2.3 {
  interface types {
    use wasi:io/error@0.2.3.{error};
    enum error-code { access, would-block }
    resource descriptor;
    filesystem-error-code: func(err: borrow<error>) -> option<error-code>;
  }
  interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }
}
package wasi:sockets@0.2.3 {
  interface network {
    use wasi:io/error@0.2.3.{error};
    resource network;
    enum error-code { unknown, access-denied }
    enum ip-address-family { ipv4, ipv6 }
    network-error-code: func(err: borrow<error>) -> option<error-code>;
  }
  interface instance-network { use network.{network}; instance-network: func() -> network; }
  interface tcp { resource tcp-socket; }
  interface udp { resource udp-socket; }
  interface tcp-create-socket {
    use network.{error-code, ip-address-family};
    use tcp.{tcp-socket};
    create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
  }
  interface udp-create-socket {
    use network.{error-code, ip-address-family};
    use udp.{udp-socket};
    create-udp-socket: func(address-family: ip-address-family) -> result<udp-socket, error-code>;
  }
  interface ip-name-lookup {
    use network.{error-code, network};
    resource resolve-address-stream;
    resolve-addresses: func(network: borrow<network>, name: string) -> result<resolve-address-stream, error-code>;
  }
}`;
