import assert from "node:assert/strict";
import { TWO_PATH_ADDRESSES } from "../../support/two_paths.ts";
import { CounterWatch } from "../../../lib/mptcp/counter_window.ts";
import { watchEvents } from "../../../lib/mptcp/events.ts";
import { inspectConnection } from "../../../lib/mptcp/inspect.ts";
import type { PathManagerEvent, PathManagerEventKind } from "../../../lib/netlink/mptcp_events.ts";
import { output, start } from "../../support/command.ts";
import { dial, eventually, pathsIn, serve, serverShell } from "./scenario_support.ts";

const { client, server } = TWO_PATH_ADDRESSES;
const ANY = "0.0.0.0";

/** watchEvents() tells what `ip mptcp monitor` tells, event by event. */
export async function events(): Promise<void> {
  await using monitor = start(["ip", "mptcp", "monitor"]);
  await using watch = watchEvents();
  const seen: PathManagerEvent[] = [];
  const reading = (async () => {
    for await (const event of watch) seen.push(event);
  })();
  {
    await using served = await serve("line_server.ts", "mptcp", ANY);
    await using dialled = await dial("mptcp", server.ipv4[0], served.port);
    await dialled.client.look();
    await pathsIn(dialled.connection, "active", 2);
    await serverShell("ip mptcp endpoint change id 1 backup");
    await seenKind(seen, "subflow-priority");
    await serverShell("ip mptcp endpoint delete id 1");
    await seenKind(seen, "subflow-closed");
  }
  await seenKind(seen, "closed");
  await monitor.line(/^\[ *CLOSED\]/);
  const lines = monitor.stdout.split("\n").filter((line) => line.startsWith("["));
  assert.deepEqual(seen.map(monitorLine), lines);
  assert(seen.every(({ unknown }) => unknown.length === 0));
  await watch.close();
  await reading;
}

async function seenKind(
  seen: readonly PathManagerEvent[],
  kind: PathManagerEventKind,
): Promise<PathManagerEvent> {
  return await eventually(`event ${kind}`, () => seen.find((event) => event.kind === kind));
}

const MONITOR_KINDS: Readonly<Partial<Record<PathManagerEventKind, string>>> = {
  "created": "CREATED",
  "established": "ESTABLISHED",
  "closed": "CLOSED",
  "announced": "ANNOUNCED",
  "removed": "REMOVED",
  "subflow-established": "SF_ESTABLISHED",
  "subflow-closed": "SF_CLOSED",
  "subflow-priority": "SF_PRIO",
};

/** An event as `ip mptcp monitor` prints it. */
function monitorLine(event: PathManagerEvent): string {
  const { local, remote, idLocal, idRemote, backup } = event;
  const family = (local ?? remote)?.ip?.family ?? 4;
  const parts = [
    `[${(MONITOR_KINDS[event.kind] ?? event.kind).padStart(14)}] token=${
      event.token!.toString(16).padStart(8, "0")
    }`,
    idRemote === undefined ? "" : `remid=${idRemote}`,
    idLocal === undefined ? "" : `locid=${idLocal}`,
    local === undefined ? "" : `saddr${family}=${local.ip}`,
    remote === undefined ? "" : `daddr${family}=${remote.ip}`,
    local === undefined ? "" : `sport=${local.port}`,
    remote === undefined ? "" : `dport=${remote.port}`,
    backup === undefined ? "" : `backup=${Number(backup)}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** A join that is refused by reset ends with the error. */
export async function refusedJoin(): Promise<void> {
  await serverShell(
    "nft 'table inet t { chain i { type filter hook input priority 0; " +
      'iifname "path2" tcp flags & (syn|ack) == syn reject with tcp reset; }; }\n\'',
  );
  await using watch = watchEvents();
  const seen: PathManagerEvent[] = [];
  const reading = (async () => {
    for await (const event of watch) seen.push(event);
  })();
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  await dialled.client.look();
  const closed = await seenKind(seen, "subflow-closed");
  assert.equal(closed.local?.ip?.toString(), client.ipv4[1]);
  assert.equal(closed.remote?.ip?.toString(), server.ipv4[1]);
  assert.equal(closed.error, "ECONNREFUSED");
  await watch.close();
  await reading;
}

/** The events are refused without CAP_NET_ADMIN, with the reason. */
export async function eventsUnprivileged(): Promise<void> {
  const script = new URL("../../../lib/mptcp/events.ts", import.meta.url).href;
  const code = `import { watchEvents } from "${script}";
    try { watchEvents(); } catch (error) { console.log(error.code, error.message, "|", error.fix); }`;
  const argv = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--", Deno.execPath()];
  const text = await output([...argv, "eval", "--quiet", "--no-check", code]);
  assert.match(text, /^ERR_PERMISSION Cannot watch .* it needs CAP_NET_ADMIN \| run it with sudo\n$/);
}

/** inspectConnection() says of each subflow what `ss` says, while it works, waits for an answer, and after all. */
export async function inspection(): Promise<void> {
  await serverShell(
    "nft 'table inet t { chain i { type filter hook input priority 0; " +
      'iifname "path2" tcp flags & (syn|ack) == syn drop; }; }\n\'',
  );
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  await line.look();
  const waiting = await eventually("join that waits", () => {
    const all = inspectConnection(connection)?.subflows ?? [];
    return all.find(({ tcp_state }) => tcp_state === "syn-sent");
  });
  assert.deepEqual([waiting.join, waiting.fully_established, waiting.remote.split(":")[0]], [
    true,
    false,
    server.ipv4[1],
  ]);
  await serverShell("nft flush ruleset");
  await pathsIn(connection, "active", 2);
  await line.upload(5_000_000);

  const filter = ["dport", "=", `:${served.port}`];
  const found = inspectConnection(connection)!;
  const subflows = (await output(["ss", "-tniHO", ...filter])).trim().split("\n");
  const [mptcp = ""] = (await output(["ss", "-MniHO", ...filter])).trim().split("\n");
  assert.equal(Number.parseInt(/ token:([0-9a-f]+)/.exec(mptcp)![1]!, 16), found.token);
  assert.deepEqual(
    [found.mptcp?.token, found.mptcp?.fallback, found.mptcp?.remote_key, found.mptcp?.extra_subflows],
    [found.token, false, true, 1],
  );
  assert.equal(found.mptcp?.bytes_acked, found.mptcp?.bytes_sent);
  assert.equal(subflows.length, found.subflows.length);
  for (const subflow of found.subflows) {
    const text = subflows.find((each) => each.includes(`:${subflow.local.split(":")[1]} `))!;
    assert(text.startsWith("ESTAB"));
    assert.equal(subflow.tcp_state, "established");
    const [, flags, remote, local] = /flags:(\w+) token:\w+\(id:(\d+)\)\/\w+\(id:(\d+)\)/.exec(text)!;
    assert.deepEqual([subflow.flags, subflow.id_remote, subflow.id_local], [
      flags,
      Number(remote),
      Number(local),
    ]);
    for (const key of ["bytes_sent", "bytes_acked"] as const) {
      assert.equal(subflow[key], Number(new RegExp(`\\b${key}:(\\d+)`).exec(text)![1]), key);
    }
  }
  assert.equal(found.subflows.reduce((sum, { bytes_acked }) => sum + bytes_acked! - 1, 0) >= 5_000_000, true);
}

/** After a fallback the token and the flags are still there, and say so. */
export async function inspectionAfterFallback(): Promise<void> {
  await using served = await serve("line_server.ts", "tcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const found = inspectConnection(dialled.connection)!;
  assert.equal(dialled.connection.isMultipath(), false);
  assert.deepEqual([found.mptcp?.fallback, found.mptcp?.remote_key], [true, false]);
  assert.deepEqual(found.subflows.map(({ flags, tcp_state }) => [flags, tcp_state]), [["mc", "established"]]);
  const [mptcp = ""] = (await output(["ss", "-MniHO", "dport", "=", `:${served.port}`])).split("\n");
  assert.match(mptcp, / fallback /);

  await using plain = await dial("tcp", server.ipv4[0], served.port);
  const tcp = inspectConnection(plain.connection)!;
  assert.deepEqual([tcp.token, tcp.mptcp, tcp.subflows.length, tcp.subflows[0]?.flags], [
    null,
    null,
    1,
    null,
  ]);
}

/** A CounterWatch says what `nstat` says, and that somebody else was there. */
export async function counters(): Promise<void> {
  const watch = CounterWatch.start()!;
  // The namespace is new, so that all counts are of this test.
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  await dialled.client.look();
  await pathsIn(dialled.connection, "active", 2);
  const { token } = inspectConnection(dialled.connection)!;
  const own = { tokens: [token!], connects: 1, accepts: 0 };
  const window = watch.window(own);
  const nstat = await output(["nstat", "-asz", "MPTcpExt*"], { env: { NSTAT_HISTORY: "/dev/null" } });
  const truth = new Map(
    [...nstat.matchAll(/^(MPTcpExt\w+)\s+(\d+)/gm)].map(([, name, value]) => [name!, Number(value)]),
  );
  assert(truth.size > 50, nstat);
  for (const [name, value] of truth) assert.equal(window.counters.get(name), value, name);
  assert.equal(window.counters.get("MPTcpExtMPCapableSYNTX"), 1);
  assert.equal(window.counters.get("MPTcpExtMPJoinSynTx"), 1);
  assert.equal(window.counters.get("MPTcpExtNoSuchCounter"), undefined);
  assert.deepEqual([window.shared, window.otherConnections, window.establishedBefore], ["no", 0, 0]);
  assert.equal(watch.window({ ...own, connects: 0 }).shared, "yes");
  assert.equal(watch.window({}).shared, "yes");
  assert.equal(watch.window({ tokens: own.tokens }).shared, "unknown");

  await using other = await dial("mptcp", server.ipv4[0], served.port);
  const crowded = watch.window(own);
  assert.deepEqual([crowded.shared, crowded.otherConnections], ["yes", 1]);
  assert.equal(other.connection.isMultipath(), true);
}
