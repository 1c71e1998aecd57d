import assert from "node:assert/strict";
import { TWO_PATH_ADDRESSES } from "../../support/two_paths.ts";
import type { PathInfo } from "../../../lib/base/path.ts";
import { pathsByToken } from "../../../lib/mptcp/paths.ts";
import { output, start } from "../../support/command.ts";
import { dial, eventually, pathsIn, serve } from "./scenario_support.ts";

const { client, server } = TWO_PATH_ADDRESSES;
const MEGABYTES = 5_000_000;

/** Joins arrive at another address than the first path: a listener on one address would refuse them. */
const ANY = "0.0.0.0";

/** Both ends see both paths, and each path has its addresses, its interface and its numbers. */
export async function twoPaths(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", "::");
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  assert.equal(connection.isMultipath(), true);
  assert.equal(connection.transportInForce(), "mptcp");
  // Joins follow the first data.
  await line.look();
  const paths = await pathsIn(connection, "active", 2);
  assert.deepEqual(paths.map(({ id }) => id), [0, 1]);
  assert.deepEqual(paths.map((path) => path.interface), ["path1", "path2"]);
  assert.deepEqual(paths.map((path) => path.status), ["available", "available"]);
  paths.forEach((path, index) => {
    assert.equal(path.local.ip!.toString(), client.ipv4[index]);
    assert.equal(path.remote.address, `${server.ipv4[index]}:${served.port}`);
    assert(path.rttMs! > 0 && path.mtu === 1500 && path.cwndBytes! > 0);
  });
  assert(paths[0]!.local.equals(connection.local));

  const theirs = await eventually("view of the server with 2 active paths", async () => {
    const view = await line.look();
    return view.paths.filter(({ state }) => state === "active").length === 2 ? view : undefined;
  });
  assert.equal(theirs.multipath, true);
  assert.equal(theirs.in_force, "mptcp");
  assert.deepEqual(theirs.paths.map((path) => path.id), [0, 1]);
  assert.deepEqual(theirs.paths.map((path) => path.interface), ["path1", "path2"]);
  // A dual-stack listener holds IPv4 clients in IPv6 sockets; nobody outside should see that.
  assert.deepEqual(theirs.paths.map((path) => path.remote), paths.map((path) => path.local.address));
  assert.deepEqual(theirs.paths.map((path) => path.local), paths.map((path) => path.remote.address));
  assert(theirs.paths.every((path) => path.rtt_ms! > 0));

  await line.upload(MEGABYTES);
  await line.download(MEGABYTES);
  const after = connection.paths();
  assert(sum(after, "bytesSent") >= MEGABYTES && sum(after, "bytesReceived") >= MEGABYTES);
  assert(sum(after, "bytesSent") < 1.5 * MEGABYTES && sum(after, "bytesReceived") < 1.5 * MEGABYTES);

  await connection.close();
  const last = connection.paths();
  assert.deepEqual(last.map(identity).toSorted(), paths.map(identity).toSorted());
  assert(sum(last, "bytesReceived") >= MEGABYTES);
  assert.equal(connection.isMultipath(), true);
}

/** IPv6 paths are found as well. */
export async function twoIpv6Paths(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", "::");
  await using dialled = await dial("mptcp", server.ipv6[0], served.port);
  await dialled.client.look();
  const paths = await eventually("two active IPv6 paths", () => {
    const all = dialled.connection.paths().toSorted((a, b) => a.id - b.id);
    const active = all.filter((path) => path.state === "active" && path.local.ip!.family === 6);
    return active.length === 2 ? active : undefined;
  });
  assert.deepEqual(paths.map((path) => path.local.ip!.toString()), client.ipv6);
  assert.deepEqual(
    paths.map((path) => path.remote.address),
    server.ipv6.map((ip) => `[${ip}]:${served.port}`),
  );
  assert.deepEqual(paths.map((path) => path.interface), ["path1", "path2"]);
}

/** `ss`, `ip mptcp` and sock_diag say the same about a live connection. */
export async function agreement(): Promise<void> {
  await using monitor = start(["ip", "mptcp", "monitor"]);
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  await line.look();
  await pathsIn(connection, "active", 2);
  await line.upload(MEGABYTES);
  await line.download(MEGABYTES);

  const filter = ["dport", "=", `:${served.port}`];
  const before = connection.paths();
  const subflows = (await output(["ss", "-tniHO", ...filter])).trim().split("\n");
  const [mptcp = ""] = (await output(["ss", "-MniHO", ...filter])).trim().split("\n");
  const after = connection.paths();

  assert.equal(subflows.length, 2);
  for (const [index, path] of before.entries()) {
    const [state, , , local, remote] = fields(subflows, path);
    assert.equal(state, "ESTAB");
    // Joins of an endpoint with an interface are shown as ADDRESS%INTERFACE:PORT.
    assert.equal(local!.replace(/%\w+/, ""), path.local.address);
    assert.equal(remote, path.remote.address);
    const line = subflows.find((each) => each.includes(path.local.address.split(":")[1]!))!;
    between(path.bytesSent, number(line, "bytes_sent"), after[index]!.bytesSent);
    between(path.bytesReceived, number(line, "bytes_received"), after[index]!.bytesReceived);
    assert.equal(path.mtu, number(line, "pmtu"));
  }

  const token = Number.parseInt(/\btoken:([0-9a-f]+)/.exec(mptcp)![1]!, 16);
  assert.equal(number(mptcp, "subflows"), before.length - 1);
  assert.match(mptcp, /remote_key/);

  const event = (kind: string): Promise<RegExpExecArray> =>
    monitor.line(new RegExp(`^\\[ *${kind}\\] .*token=0*${token.toString(16)}\\b.*`));
  assert((await event("ESTABLISHED"))[0].includes(`saddr4=${client.ipv4[0]} daddr4=${server.ipv4[0]}`));
  assert((await event("SF_ESTABLISHED"))[0].includes(`saddr4=${client.ipv4[1]} daddr4=${server.ipv4[1]}`));

  const byToken = pathsByToken(token)!;
  assert.deepEqual(byToken.map(identity).toSorted(), before.map(identity).toSorted());
  assert.equal(pathsByToken(token ^ 1), null);
}

function identity(path: PathInfo): string {
  return `${path.id} ${path.local.address} > ${path.remote.address} ${path.interface} ${path.state} ${path.status}`;
}

function sum(paths: readonly PathInfo[], key: "bytesSent" | "bytesReceived"): number {
  return paths.reduce((total, path) => total + path[key], 0);
}

function fields(lines: readonly string[], path: PathInfo): readonly string[] {
  const found = lines.map((line) => line.split(/\s+/)).find(([, , , local]) =>
    local?.endsWith(`:${path.local.port}`)
  );
  assert(found !== undefined, `ss does not show ${path.local}`);
  const [state = "", receive = "", send = "", ...rest] = found;
  return [state, receive, send, ...rest];
}

function number(line: string, key: string): number {
  return Number(new RegExp(`\\b${key}:(\\d+)`).exec(line)?.[1] ?? NaN);
}

function between(low: number, value: number, high: number): void {
  assert(low <= value && value <= high, `${low} <= ${value} <= ${high}`);
}
