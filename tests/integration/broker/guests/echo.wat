;; A handler in WebAssembly text, without any toolchain: it answers `{"ok": CALL}`, the call that it was given, and logs one
;; line. `run: func(call: string) -> string` by the canonical ABI: the host writes the call through `realloc` and hands over
;; where and how long; the answer is a pointer to a pair of the same.
(component
  (import "goalwright:handler/log@1.0.0" (instance $log
    (export "write" (func (param "level" string) (param "message" string)))))
  (core module $memory
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 65536))
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (block $fits
        (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits (i32.ne (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))) (i32.const -1)))
        unreachable)
      (memory.copy (local.get $at) (local.get $old) (local.get $old_size))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (core func $write (canon lower (func $log "write") (memory (core memory $memory "memory"))))
  (core module $handler
    (import "memory" "memory" (memory 1))
    (import "memory" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "log" "write" (func $write (param i32 i32 i32 i32)))
    (data (i32.const 16) "{\22ok\22:")
    (data (i32.const 32) "info")
    (data (i32.const 40) "echoed")
    (func (export "run") (param $call i32) (param $length i32) (result i32)
      (local $answer i32)
      (call $write (i32.const 32) (i32.const 4) (i32.const 40) (i32.const 6))
      (local.set $answer (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $length) (i32.const 7))))
      (memory.copy (local.get $answer) (i32.const 16) (i32.const 6))
      (memory.copy (i32.add (local.get $answer) (i32.const 6)) (local.get $call) (local.get $length))
      (i32.store8 (i32.add (i32.add (local.get $answer) (i32.const 6)) (local.get $length)) (i32.const 125))
      (i32.store (i32.const 0) (local.get $answer))
      (i32.store (i32.const 4) (i32.add (local.get $length) (i32.const 7)))
      (i32.const 0)))
  (core instance $handler (instantiate $handler
    (with "memory" (instance $memory))
    (with "log" (instance (export "write" (func $write))))))
  (func (export "run") (param "call" string) (result string)
    (canon lift (core func $handler "run") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")))))
