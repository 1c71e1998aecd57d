import assert from "node:assert/strict";
import { TWO_PATH_ADDRESSES } from "../../support/two_paths.ts";
import { type JoinWait, waitForJoins } from "../../../lib/mptcp/joins.ts";
import { pathManagerSummary } from "../../../lib/mptcp/path_manager.ts";
import { clientShell, dial, eventually, pathsIn, serve, serverShell } from "./scenario_support.ts";

const { client, server } = TWO_PATH_ADDRESSES;

/** Joins arrive at another address than the first path: a listener on one address would refuse them. */
const ANY = "0.0.0.0";

/** A backup endpoint of the server makes a backup path, for both ends. */
export async function backupByServer(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  await dialled.client.look();
  const paths = await pathsIn(dialled.connection, "active", 2);
  assert.deepEqual(paths.map((path) => path.status), ["available", "backup"]);
  const view = await dialled.client.look();
  assert.deepEqual(view.paths.map((path) => path.status), ["available", "backup"]);
  await dialled.client.upload(1_000_000);
  const [first, second] = dialled.connection.paths();
  assert(first!.bytesSent >= 1_000_000 && second!.bytesSent < 1000);
}

/** So does a backup endpoint of the client, whose join is bound to an interface. */
export async function backupByClient(): Promise<void> {
  await serverShell("ip mptcp endpoint flush");
  await clientShell(`ip mptcp endpoint add ${client.ipv4[1]} dev path2 subflow backup`);
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  await dialled.client.look();
  const paths = await pathsIn(dialled.connection, "active", 2);
  assert.deepEqual(paths.map((path) => path.status), ["available", "backup"]);
  assert.equal(paths[1]!.local.ip!.toString(), client.ipv4[1]);
}

/** A listener with TCP_DEFER_ACCEPT lets joins hang, although TCP says they are established. */
export async function stalledJoin(): Promise<void> {
  await using served = await serve("deferring_server.ts", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection } = dialled;
  // Nobody accepts before the first data.
  await dialled.client.upload(10);
  const paths = await eventually("join that is established for TCP", async () => {
    const seen = connection.paths();
    const shown = await clientShell(`ss -tnHO state established dport = :${served.port}`);
    return seen.length === 2 && shown.trim().split("\n").length === 2 ? connection.paths() : undefined;
  });
  assert.deepEqual(paths.map((path) => path.state), ["active", "validating"]);
  assert.equal(connection.isMultipath(), true);
  await pathsIn(connection, "active", 2);
}

/** A path that no longer gets answers is stale, and active again when it gets them. */
export async function deadPath(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  await line.look();
  await pathsIn(connection, "active", 2);
  await serverShell(`
    nft add table inet box
    nft add chain inet box in "{ type filter hook prerouting priority -300; }"
    nft add rule inet box in iifname path2 drop
  `);
  let over = false;
  const traffic = (async () => {
    while (!over) await line.upload(2_000_000);
  })();
  const stale = await pathsIn(connection, "stale", 1);
  assert.deepEqual(stale.map((path) => path.state), ["active", "stale"]);
  assert.equal(connection.isMultipath(), true);
  await serverShell("nft delete table inet box");
  await pathsIn(connection, "active", 2);
  over = true;
  await traffic;
}

/** A connection whose client has ended its side still has its paths. */
export async function halfClosed(): Promise<void> {
  await using served = await serve("holding_server.ts", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  await line.upload(10);
  await pathsIn(connection, "active", 2);
  await line.closeWrite();
  await served.process.line(/^the client has ended$/);
  assert.deepEqual(connection.paths().map((path) => path.state), ["active", "active"]);
  assert.equal(connection.isMultipath(), true);
}

/** What is known of the paths stays known when the connection ends by itself, its client's side first. */
export async function endedByItself(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  await line.look();
  await pathsIn(connection, "active", 2);
  await line.upload(3_000_000);
  const before = connection.paths();
  await line.closeWrite();
  assert.equal(await line.end(), 0);
  await connection.closed;
  const last = connection.paths();
  assert.deepEqual(last.map(({ id, state }) => [id, state]), before.map(({ id, state }) => [id, state]));
  last.forEach((path, index) => {
    assert(path.local.equals(before[index]!.local) && path.bytesSent >= before[index]!.bytesSent);
  });
  assert.equal(connection.isMultipath(), true);
  assert.equal(connection.transportInForce(), "mptcp");
}

/** The wait for further paths ends soon after the last one came, and has seen each come. */
export async function joins(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const seen: number[] = [];
  const waiting = waitForJoins(dialled.connection, {
    connectedAtMs: performance.now(),
    timeoutMs: 60_000,
    onPath: (path) => void seen.push(path.id),
  });
  await dialled.client.look();
  const { paths, activeAtMs, skipped } = await waiting;
  assert.equal(skipped, null);
  assert.deepEqual(seen, [0, 1]);
  assert.deepEqual([...activeAtMs.keys()], [0, 1]);
  assert.equal(paths.filter((path) => path.state === "active").length, 2);
  const { limits, endpoints, userspace } = pathManagerSummary()!;
  assert.deepEqual({ limits, userspace }, { limits: { subflows: 8, addAddrAccepted: 8 }, userspace: false });
  // The kernel made one for the join by itself.
  assert(endpoints.every((endpoint) => endpoint.implicit));
}

/** Nobody waits for joins where this host makes none, and the reason is told. */
export async function noJoins(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const wait = (): Promise<JoinWait> =>
    waitForJoins(dialled.connection, { connectedAtMs: performance.now(), timeoutMs: 60_000 });
  const none = await wait();
  assert.equal(none.paths.length, 1);
  assert.match(none.skipped!, /^this host allows no further subflow/);
  await clientShell("ip mptcp limits set subflows 2");
  assert.match((await wait()).skipped!, /^this host opens no further subflow: it has no subflow endpoint/);
}

/** A path that the kernel gives up is closed or gone, never active. */
export async function removedPath(): Promise<void> {
  await using served = await serve("line_server.ts", "mptcp", ANY);
  await using dialled = await dial("mptcp", server.ipv4[0], served.port);
  const { connection, client: line } = dialled;
  await line.look();
  await pathsIn(connection, "active", 2);
  await serverShell("ip mptcp endpoint flush");
  await eventually(
    "single active path",
    () => connection.paths().filter((path) => path.state === "active").length === 1 ? true : undefined,
  );
  assert.equal(connection.isMultipath(), true);
  await line.upload(1000);
}
