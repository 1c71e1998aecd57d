import assert from "node:assert/strict";
import { TWO_PATH_ADDRESSES } from "../../support/two_paths.ts";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { inspectConnection } from "../../../lib/mptcp/inspect.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../../../lib/protocol/check.ts";
import { HttpClient } from "../../../lib/protocol/http_client.ts";
import { connect } from "../../../lib/transport/connect.ts";
import { mptArgv, output, type RunningProcess, start } from "../../support/command.ts";
import { clientShell, onServer, pathsIn, serverShell } from "./scenario_support.ts";

const { server } = TWO_PATH_ADDRESSES;
const PORT = 4433;

async function serveHere(): Promise<RunningProcess> {
  const process = start(onServer(...mptArgv(["serve", "--ndjson"])), { deadlineMs: 60_000 });
  await process.line(/"event":"syn-mirror"/);
  return process;
}

interface Checker extends AsyncDisposable {
  readonly connection: Connection;
  check(): Promise<CheckAnswer>;
}

async function checker(transport: "tcp" | "mptcp", address: string): Promise<Checker> {
  const target = Endpoint.of(address, PORT);
  const connection = await connect(transport, target.ip!, PORT);
  const http = new HttpClient(await connection.openStream(), target.address);
  return {
    connection,
    async check(): Promise<CheckAnswer> {
      const { body } = await http.get("/", MAX_CHECK_BYTES);
      return parseCheckAnswer(new TextDecoder().decode(body))!;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      connection.abort();
      await connection.closed;
    },
  };
}

/** The check answer has the server's subflows as `ss` shows them there, its counters, and its path manager. */
export async function checkAnswer(): Promise<void> {
  await using _server = await serveHere();
  await using one = await checker("mptcp", server.ipv4[0]);
  await one.check();
  await pathsIn(one.connection, "active", 2);
  const answer = await one.check();
  const mine = inspectConnection(one.connection)!;

  const filter = ["sport", "=", `:${PORT}`];
  const lines = (await output(onServer("ss", "-tniHO", "state", "established", ...filter))).trim().split(
    "\n",
  );
  assert.equal(lines.length, 2);
  assert.equal(answer.subflows?.length, 2);
  for (const [index, subflow] of answer.subflows.entries()) {
    const line = lines.find((each) => each.includes(`:${subflow.remote.split(":")[1]} `))!;
    const [, flags, remote, local] = /flags:(\w+) token:\w+\(id:(\d+)\)\/\w+\(id:(\d+)\)/.exec(line)!;
    assert.deepEqual([subflow.flags, subflow.id_remote, subflow.id_local], [
      flags,
      Number(remote),
      Number(local),
    ]);
    assert.deepEqual([subflow.tcp_state, subflow.join], ["established", index === 1]);
    // Each end has the other's ends.
    assert.equal(subflow.remote, mine.subflows[index]!.local);
    assert.equal(subflow.local, mine.subflows[index]!.remote);
  }
  assert.deepEqual(answer.subflows.map(({ flags }) => flags), ["Mec", "Jec"]);
  assert.deepEqual([answer.mptcp?.fallback, answer.mptcp?.add_addr_signal], [false, 1]);
  assert.equal(answer.mptcp?.bytes_received, mine.mptcp?.bytes_sent);

  const { counter_window: window } = answer;
  // The handshake and the join were over before the server could look, and are still in it.
  for (
    const name of ["MPCapableSYNRX", "MPCapableACKRX", "MPJoinSynRx", "MPJoinAckRx", "AddAddrTx", "EchoAdd"]
  ) {
    assert.equal(window?.counters[`MPTcpExt${name}`], 1, name);
    assert.equal(answer.counters[`MPTcpExt${name}`], 1, name);
  }
  assert.equal(window?.counters["MPTcpExtMPCapableFallbackACK"], 0);
  assert.deepEqual([window?.shared, window?.other_connections], ["no", 0]);

  const [limits = "", endpoints = ""] = (await serverShell("ip mptcp limits; ip mptcp endpoint"))
    .split("\n").map((line) => line.trimEnd());
  const manager = answer.path_manager!;
  assert.equal(
    limits,
    `add_addr_accepted ${manager.add_addr_accepted_max} subflows ${manager.subflows_max}`,
  );
  const [endpoint] = manager.endpoints;
  const flags = endpoint!.flags.join(" ");
  assert.equal(endpoints, `${endpoint!.address} id ${endpoint!.id} ${flags} dev ${endpoint!.interface}`);
  assert.deepEqual([manager.kind, manager.allow_join_initial_address], ["kernel", true]);

  await using other = await checker("mptcp", server.ipv4[0]);
  const second = await other.check();
  assert.deepEqual([second.counter_window?.shared, second.counter_window?.other_connections], ["yes", 1]);
  assert.equal(second.server.instance, answer.server.instance);
}

/** Asked on a plain TCP connection before and after, the check tells of a handshake that lost its option. */
export async function checkAroundFallback(): Promise<void> {
  await using _server = await serveHere();
  await using control = await checker("tcp", server.ipv6[0]);
  const before = await control.check();
  assert.deepEqual([before.transport, before.fallback, before.listener], ["tcp", true, "mptcp"]);
  assert.deepEqual([before.mptcp, before.subflows?.map(({ flags }) => flags)], [null, [null]]);
  await clientShell(
    "nft 'table inet t { chain i { type filter hook input priority 0; " +
      "tcp flags & (syn|ack) == (syn|ack) reset tcp option mptcp; }; }\n'",
  );
  await using broken = await checker("mptcp", server.ipv6[0]);
  const during = await broken.check();
  assert.equal(broken.connection.isMultipath(), false);
  assert.deepEqual([during.transport, during.fallback], ["tcp", true]);
  assert.equal(during.counter_window?.counters["MPTcpExtMPCapableFallbackACK"], 1);
  const after = await control.check();
  const moved = Object.entries(after.counters)
    .map(([name, value]) => [name, value - before.counters[name]!] as const)
    .filter(([name, delta]) => name.startsWith("MPTcpExt") && delta !== 0);
  assert.deepEqual(moved, [["MPTcpExtMPCapableSYNRX", 1], ["MPTcpExtMPCapableFallbackACK", 1]]);
}
