// A handler in JavaScript for the same WIT world; componentize-js builds it (see test_foreign_components.py).
import { write } from "goalwright:handler/log@1.0.0";

const HARM = {
  loop: () => { for (;;); },
  memory: () => { const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1)); },
  recurse: function deeper() { return deeper() + 1; },
  fail: () => { throw new Error("no"); },
};

export function run(call) {
  const { config, input } = JSON.parse(call);
  write("info", "from JavaScript");
  if (config.harm) return JSON.stringify({ ok: HARM[config.harm]() });
  return JSON.stringify({ ok: { greeting: `hello ${input.name}`, doubled: config.number * 2 } });
}
