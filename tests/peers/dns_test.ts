import assert from "node:assert/strict";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { fromHex, toHex } from "../../lib/base/hex.ts";
import { Ip } from "../../lib/base/ip.ts";
import { Resolver } from "../../lib/dns/resolver.ts";
import { DnsName } from "../../lib/dns/wire/name.ts";
import type { DnsRecord } from "../../lib/dns/wire/record.ts";
import { NO_PARAMS, type SvcParams, writeSvcParams } from "../../lib/dns/wire/svcb.ts";
import { typeCode } from "../../lib/dns/wire/types.ts";
import { start } from "../../lib/io/process.ts";
import { FakeServer } from "../lib/dns/fake_server.ts";
import { output } from "../support/command.ts";
import { requires } from "../support/requires.ts";

/** More addresses than a UDP answer of 1232 octets can hold. */
const MANY = Array.from({ length: 120 }, (_, index) => `10.1.0.${index + 1}`);

const PARAMS: SvcParams = {
  mandatory: [1, 667],
  alpn: ["h2", "h3"],
  noDefaultAlpn: true,
  port: 8443,
  ipv4Hints: [Ip.parse("192.0.2.1"), Ip.parse("192.0.2.2")],
  ipv6Hints: [Ip.parse("2001:db8::1")],
  ech: fromHex("00010203"),
  unknown: [{ key: 667, value: new TextEncoder().encode("hello") }],
};

/** The data of a service record, made here and served by dnsmasq as it is. */
function serviceData(priority: number, target: string, params: SvcParams): string {
  const name = DnsName.parse(target).labels.map((label) =>
    `${toHex(Uint8Array.of(label.length))}${toHex(label)}`
  );
  return `${priority.toString(16).padStart(4, "0")}${name.join("")}00${toHex(writeSvcParams(params))}`;
}

interface Dnsmasq extends AsyncDisposable {
  readonly server: Endpoint;
}

/** A port that is free over UDP and TCP. */
async function freePort(): Promise<number> {
  await using server = FakeServer.start(() => []);
  return server.endpoint.port ?? 0;
}

async function startDnsmasq(): Promise<Dnsmasq> {
  const port = await freePort();
  const user = (await output(["id", "-un"])).trim();
  const process = start([
    "dnsmasq",
    "--keep-in-foreground",
    "--log-facility=-",
    "--conf-file=/dev/null",
    "--pid-file=",
    `--user=${user}`,
    `--port=${port}`,
    "--listen-address=127.0.0.1,::1",
    "--bind-interfaces",
    "--no-resolv",
    "--no-hosts",
    "--local=/test/",
    "--host-record=both.test,192.0.2.1,2001:db8::1,300",
    "--host-record=four.test,192.0.2.4",
    ...MANY.map((address) => `--host-record=many.test,${address}`),
    "--cname=c1.test,c2.test",
    "--cname=c2.test,c3.test",
    "--cname=c3.test,both.test",
    `--dns-rr=service.test,${typeCode("HTTPS")},${serviceData(1, ".", PARAMS)}`,
    `--dns-rr=service.test,${typeCode("HTTPS")},${serviceData(2, "alt.test", NO_PARAMS)}`,
    `--dns-rr=alias.test,${typeCode("HTTPS")},${serviceData(0, "service.test", NO_PARAMS)}`,
    `--dns-rr=_dns.test,${typeCode("SVCB")},${serviceData(3, "both.test", { ...NO_PARAMS, port: 853 })}`,
  ]);
  await process.line(/started/, "stderr");
  return {
    server: Endpoint.of("127.0.0.1", port),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** What is told apart in `dig +short`. */
function short(record: DnsRecord): string {
  switch (record.type) {
    case "A":
    case "AAAA":
      return record.address.toString();
    case "CNAME":
      return `${record.target}.`;
    default:
      return record.type;
  }
}

Deno.test({
  name: "Resolver finds in dnsmasq what dig finds in it",
  ...requires("tool:dnsmasq", "tool:dig"),
  fn: async () => {
    await using dnsmasq = await startDnsmasq();
    const { host, port } = dnsmasq.server;
    const servers = [dnsmasq.server, Endpoint.of("::1", port ?? 0)];
    for (const server of servers) {
      const resolver = new Resolver({ servers: [server] });
      const questions: readonly (readonly [string, "A" | "AAAA" | "CNAME"])[] = [
        ["both.test", "A"],
        ["both.test", "AAAA"],
        ["four.test", "AAAA"],
        ["many.test", "A"],
        ["c1.test", "A"],
        ["c1.test", "CNAME"],
        ["none.test", "A"],
      ];
      for (const [name, type] of questions) {
        const result = await resolver.query(DnsName.parse(name), type);
        const dug = await output(["dig", `@${host}`, "-p", String(port), name, type, "+short"]);
        const lines = dug.split("\n").filter((line) => line !== "");
        const expected = type === "CNAME" ? lines : lines.filter((line) => !line.endsWith("."));
        assert.deepEqual(result.records.map(short).toSorted(), expected.toSorted(), `${name} ${type}`);
        const status = name === "none.test" ? "no-name" : expected.length > 0 ? "positive" : "no-data";
        assert.equal(result.status, status, `${name} ${type}`);
      }
    }
  },
});

Deno.test({
  name: "Resolver asks dnsmasq over TCP for what does not fit into a datagram",
  ...requires("tool:dnsmasq"),
  fn: async () => {
    await using dnsmasq = await startDnsmasq();
    const result = await new Resolver({ servers: [dnsmasq.server] }).query(DnsName.parse("many.test"), "A");
    assert.equal(result.records.length, MANY.length);
    assert.deepEqual(result.tries.map(({ transport }) => transport), ["udp", "tcp"]);
  },
});

Deno.test({
  name: "Resolver reads services, aliases and chains from dnsmasq",
  ...requires("tool:dnsmasq"),
  fn: async () => {
    await using dnsmasq = await startDnsmasq();
    const resolver = new Resolver({ servers: [dnsmasq.server] });
    const query = (name: string, type: "HTTPS" | "SVCB" | "A") => resolver.query(DnsName.parse(name), type);
    const services = (await query("service.test", "HTTPS")).records;
    const first = services.find((each) => each.type === "HTTPS" && each.priority === 1);
    assert.ok(first?.type === "HTTPS" && first.target.isRoot);
    assert.deepEqual(first.params, PARAMS);
    assert.ok(
      services.some((each) => each.type === "HTTPS" && each.priority === 2 && each.target.key === "alt.test"),
    );
    const [alias] = (await query("alias.test", "HTTPS")).records;
    assert.ok(alias?.type === "HTTPS" && alias.priority === 0 && alias.target.key === "service.test");
    const [svcb] = (await query("_dns.test", "SVCB")).records;
    assert.ok(svcb?.type === "SVCB" && svcb.params.port === 853);
    const chain = await query("c1.test", "A");
    assert.deepEqual(chain.names.map(({ key }) => key), ["c1.test", "c2.test", "c3.test", "both.test"]);
  },
});

Deno.test({
  name: "dig reads every record that encodeMessage() writes",
  ...requires("tool:dig"),
  fn: async () => {
    const name = DnsName.parse("example.com");
    const answers: readonly DnsRecord[] = [
      { name, ttl: 300, type: "HTTPS", priority: 1, target: DnsName.root, params: PARAMS },
      {
        name,
        ttl: 300,
        type: "HTTPS",
        priority: 0,
        target: DnsName.parse("alias.example.com"),
        params: NO_PARAMS,
      },
      { name, ttl: 300, type: "CNAME", target: DnsName.parse("c.example.com") },
      { name, ttl: 300, type: "AAAA", address: Ip.parse("2001:db8::1") },
    ];
    const authorities: readonly DnsRecord[] = [{
      name,
      ttl: 60,
      type: "SOA",
      primary: DnsName.parse("ns.example.com"),
      mailbox: DnsName.parse("a\\.b.example.com"),
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5,
    }];
    await using server = FakeServer.start(() => [{
      answers,
      authorities,
      recursionAvailable: true,
      edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
    }]);
    const { host, port } = server.endpoint;
    const text = await output([
      "dig",
      `@${host}`,
      "-p",
      String(port),
      "example.com",
      "HTTPS",
      "+noall",
      "+answer",
      "+authority",
      "+nocookie",
    ]);
    const lines = text.split("\n").filter((line) => line !== "").map((line) =>
      line.split(/\s+/).slice(3).join(" ")
    );
    assert.deepEqual(lines, [
      'HTTPS 1 . mandatory=alpn,key667 alpn="h2,h3" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=AAECAw== ipv6hint=2001:db8::1 key667="hello"',
      "HTTPS 0 alias.example.com.",
      "CNAME c.example.com.",
      "AAAA 2001:db8::1",
      "SOA ns.example.com. a\\.b.example.com. 1 2 3 4 5",
    ]);
  },
});
