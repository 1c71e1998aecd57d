import assert from "node:assert/strict";
import { parsePathSpec } from "../../../cli/lab/path_spec.ts";
import type { PathOptions } from "../../../lib/lab/mod.ts";

const GOOD: readonly (readonly [text: string, path: PathOptions])[] = [
  ["rate=20mbit", { rateMbit: 20 }],
  ["rate=1.5Gbit/s,delay=10ms", { rateMbit: 1500, delayMs: 10 }],
  ["delay=10", { delayMs: 10 }],
  ["delay=0.3s,jitter=500us", { delayMs: 300, jitterMs: 0.5 }],
  ["loss=1%,burst=2.5", { loss: 0.01, burst: 2.5 }],
  ["loss=0.01", { loss: 0.01 }],
  ["queue=50ms", { queueMs: 50 }],
  ["queue=100", { queuePackets: 100 }],
  ["queue=100p", { queuePackets: 100 }],
  ["name=wifi,mtu=1400,nat,backup,ipv6=no,link=veth", {
    name: "wifi",
    mtu: 1400,
    nat: true,
    backup: true,
    ipv6: false,
    link: "veth",
  }],
  ["up-rate=5mbit,up-loss=1%,down-delay=20ms,rate=10mbit", {
    up: { rateMbit: 5, loss: 0.01 },
    down: { delayMs: 20 },
    rateMbit: 10,
  }],
  [" rate = 5mbit , nat", { rateMbit: 5, nat: true }],
];

const BAD: readonly (readonly [text: string, reason: RegExp])[] = [
  ["", /there is no part ""; there are name, rate, delay/],
  ["bandwidth=5mbit", /there is no part "bandwidth"/],
  ["up-name=x", /there is no part "up-name"/],
  ["rate", /rate has no value: write rate=\.\.\./],
  ["rate=", /Cannot use "" as a rate/],
  ["rate=20MB", /a capital B stands for bytes/],
  ["rate=1mbit,rate=2mbit", /rate is there twice/],
  ["loss=5", /did you mean 5%\?/],
  ["loss=101%", /it is more than 100%/],
  ["burst=x", /Cannot use "x" as a burst/],
  ["delay=-1ms", /Cannot use "-1ms" as a delay/],
  ["queue=1.5p", /Cannot use "1\.5p" as a queue/],
  ["nat=maybe", /say yes or no/],
  ["link=wire", /there are auto, veth, netem, emulated/],
  ["constructor=1", /there is no part "constructor"/],
  ["__proto__=1", /there is no part "__proto__"/],
];

Deno.test("parsePathSpec() reads the parts of --path with their units", () => {
  for (const [text, path] of GOOD) assert.deepEqual(parsePathSpec(text), path, text);
});

Deno.test("parsePathSpec() says which part it cannot read", () => {
  for (const [text, reason] of BAD) {
    assert.throws(() => parsePathSpec(text), (error: Error) => {
      assert.match(error.message, reason, text);
      return "code" in error && error.code === "ERR_INVALID_VALUE";
    });
  }
});
