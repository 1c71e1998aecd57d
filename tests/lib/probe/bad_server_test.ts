import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { probe, type ProbeOptions, type ProbeResult } from "../../../lib/probe/mod.ts";
import type { DataJson } from "../../../lib/probe/result.ts";
import { type RawPeer, rawServer } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

interface Manner {
  readonly name: string;
  readonly handle: (peer: RawPeer) => void | Promise<void>;
  readonly kind?: "http" | "tls";
  readonly status: DataJson["status"];
  readonly text: RegExp;
}

const CHECK = JSON.stringify({
  schema: "mpt.check/1",
  server: { name: "mpt", version: "0.1.0" },
  transport: "tcp",
  fallback: false,
  local: "127.0.0.1:1",
  remote: "127.0.0.1:2",
  paths: [],
  counters: {},
  addresses: [],
  syn_mirror_port: null,
  limits: { max_bytes: 1, max_duration_ms: 1, token_required: false },
});

function http(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Waits for the request, then sends. */
function answering(text: string): Manner["handle"] {
  return async (peer) => {
    await peer.until(/[^]/);
    await peer.send(text);
  };
}

const MANNERS: readonly Manner[] = [
  { name: "says nothing", handle: () => {}, status: "unknown", text: /^no answer in 0\.3 s$/ },
  {
    name: "says nothing to TLS",
    kind: "tls",
    handle: () => {},
    status: "unknown",
    text: /^no answer in 0\.3 s$/,
  },
  {
    name: "greets like SSH",
    handle: async (peer) => {
      await peer.send("SSH-2.0-OpenSSH_9.9\r\n");
    },
    status: "unknown",
    text: /^no answer in 0\.3 s$/,
  },
  {
    name: "sends garbage",
    handle: answering("\x00\xff\x1b[2J\n\n"),
    status: "no",
    text: /^cannot read the HTTP answer: it does not begin with an HTTP\/1 status line$/,
  },
  {
    name: "sends garbage to TLS",
    kind: "tls",
    handle: answering("\x00\xff\x1b[2J\n\n".repeat(100)),
    status: "no",
    text: /^[ -~]+$/,
  },
  {
    name: "sends garbage without end",
    handle: async (peer) => {
      await peer.until(/[^]/);
      await peer.repeat("garbage ".repeat(8000), 1);
    },
    status: "unknown",
    text: /^cannot read the HTTP head: it is longer than 16384 bytes$/,
  },
  {
    name: "drips a head without end",
    handle: async (peer) => {
      await peer.until(/[^]/);
      await peer.send("HTTP/1.1 200 OK\r\n");
      await peer.repeat("A: b\r\n", 20);
    },
    status: "unknown",
    text: /^no answer in 0\.3 s$/,
  },
  {
    name: "promises more than it sends",
    handle: async (peer) => {
      await peer.until(/[^]/);
      await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort");
      peer.end();
    },
    status: "no",
    text: /^cannot read 1000 bytes: the stream ended after 5$/,
  },
  {
    name: "closes at once",
    handle: (peer) => peer.end(),
    status: "no",
    text: /^(the other end closed the connection instead|the other end reset the connection)$/,
  },
  {
    name: "closes at once on TLS",
    kind: "tls",
    handle: (peer) => peer.end(),
    status: "no",
    text: /^[ -~]+$/,
  },
  {
    name: "resets when asked",
    handle: async (peer) => {
      await peer.until(/[^]/);
      peer.reset();
    },
    status: "no",
    text: /^the other end reset the connection$/,
  },
  {
    name: "resets when asked for TLS",
    kind: "tls",
    handle: async (peer) => {
      await peer.until(/[^]/);
      peer.reset();
    },
    status: "no",
    text: /^[ -~]+$/,
  },
  {
    name: "claims to be mpt serve and sends broken JSON",
    handle: answering(http('{"schema": "mpt.check/1", ')),
    status: "no",
    text: /^cannot read the check answer: it is not JSON$/,
  },
  {
    name: "claims to be mpt serve with an escape sequence for a name",
    handle: answering(http(CHECK.replace('"mpt"', '"\\u001b[2J"'))),
    status: "no",
    text: /^cannot read the check answer, server: "name" is not a short text$/,
  },
  {
    name: "answers interim for ever",
    handle: answering("HTTP/1.1 100 Continue\r\n\r\n".repeat(50)),
    status: "no",
    text: /^cannot read the answer: too many interim answers$/,
  },
];

function of(address: string, options: ProbeOptions): Promise<ProbeResult> {
  return probe(Endpoint.parse(address), { joinTimeoutMs: 0, dataTimeoutMs: 300, ...options });
}

for (const { name, handle, kind, status, text } of MANNERS) {
  Deno.test(`probe() of a server that ${name} ends, with the reason`, async () => {
    await using server = await rawServer(handle);
    const result = await of(server.address, { transports: ["tcp"], data: kind ?? "http" });
    const { tcp } = result.endpoints[0]!;
    assert.equal(tcp.status, "yes");
    const { data, server: view } = tcp.detail!;
    assert.deepEqual([data?.kind, data?.status, view], [kind ?? "http", status, null], data?.text);
    assert.match(data!.text, text);
    assert.equal(result.end.reason, "done");
  });
}

Deno.test({
  name: "probe() over MPTCP of a server that falls silent after its first answer ends",
  ...requires("mptcp"),
  async fn() {
    const { listen } = await import("../../../lib/mptcp/mod.ts");
    const { Ip } = await import("../../../lib/base/ip.ts");
    await using listener = listen(Ip.parse("127.0.0.1"), 0);
    const probing = of(`mptcp@${listener.local.address}`, { transports: ["mptcp"] });
    await using connection = await listener.accept();
    const stream = await connection!.acceptStream();
    await stream!.read();
    await stream!.write(new TextEncoder().encode(http(CHECK)));
    const { endpoints: [endpoint] } = await probing;
    assert.equal(endpoint!.mptcp.status, "yes");
    // The first view is older, not wrong.
    assert.equal(endpoint!.mptcp.detail?.server?.remote, "127.0.0.1:2");
    connection!.abort();
  },
});

Deno.test({
  name: "probe() of a server that resets whatever it accepts does not blame MPTCP for it",
  ...requires("mptcp"),
  async fn() {
    await using server = await rawServer((peer) => peer.reset());
    // Whether the reset comes before or after the end of the connect is chance: either has to do.
    for (let i = 0; i < 5; i++) {
      const { endpoints: [endpoint], verdicts } = await of(server.address, { transports: ["tcp", "mptcp"] });
      const codes = verdicts.map(({ code }) => code);
      assert.notEqual(endpoint!.mptcp.status, "yes");
      if (endpoint!.tcp.status === "yes") assert(!codes.includes("syn-rejected"), codes.join(" "));
    }
  },
});
