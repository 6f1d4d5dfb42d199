;; An adapter that answers wasi_snapshot_preview1 without asking the world: runtimes that insist on WASI (Go's does)
;; become components with no imports. No arguments, no environment, output dropped, a clock that advances by a
;; millisecond whenever it is read, and the same "random" bytes in every instance.
(module
  (import "env" "memory" (memory 0))
  (global $now (mut i64) (i64.const 0))
  (global $state (mut i64) (i64.const 0x9e3779b97f4a7c15))

  (func $none (param $count i32) (param $size i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $size) (i32.const 0))
    (i32.const 0))
  (func $nothing (param i32 i32) (result i32) (i32.const 0))
  (export "args_sizes_get" (func $none))
  (export "environ_sizes_get" (func $none))
  (export "args_get" (func $nothing))
  (export "environ_get" (func $nothing))

  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $time i32) (result i32)
    (global.set $now (i64.add (global.get $now) (i64.const 1000000)))
    (i64.store (local.get $time) (global.get $now))
    (i32.const 0))

  ;; xorshift64, a byte at a time
  (func (export "random_get") (param $at i32) (param $length i32) (result i32)
    (local $x i64)
    (local.set $x (global.get $state))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
        (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
        (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
        (i32.store8 (local.get $at) (i32.wrap_i64 (local.get $x)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (global.set $state (local.get $x))
    (i32.const 0))

  ;; Reports all the bytes as written.
  (func (export "fd_write") (param $fd i32) (param $parts i32) (param $count i32) (param $written i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $parts))))
        (local.set $parts (i32.add (local.get $parts) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $written) (local.get $sum))
    (i32.const 0))

  (func (export "sched_yield") (result i32) (i32.const 0))
  ;; There is nothing to wait for: ENOSYS.
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) (i32.const 52))
  (func (export "proc_exit") (param i32) unreachable))
