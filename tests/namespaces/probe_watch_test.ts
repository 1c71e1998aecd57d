import assert from "node:assert/strict";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import type { ProbeResult, WatchEvent, WatchEventKind } from "../../lib/probe/mod.ts";
import { MPTCPIZE, NGINX, startWebServer, WEB_PORT } from "../peers/web_servers.ts";
import { mptArgv, type ProcessResult, type RunningProcess } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const TARGET = "10.78.1.2:4433";

/** No capability is left: what the kernel tells nobody, it does not tell this. */
const UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"];

const USERS = [[[], "events"], [UNPRIVILEGED, "polling"]] as const;

async function serve(lab: Lab, ...args: readonly string[]): Promise<RunningProcess> {
  const server = lab.spawn("server", mptArgv(["serve", "--ndjson", ...args]), { deadlineMs: 240_000 });
  await server.line(/"event":"listening"/);
  return server;
}

/** A running `mpt probe --watch`, of which one event after the other is awaited. */
class Watching implements AsyncDisposable {
  readonly process: RunningProcess;
  #seen = 0;

  constructor(lab: Lab, launcher: readonly string[], target: string, ...args: readonly string[]) {
    const argv = mptArgv(["probe", "--ndjson", "--join-timeout", "0.5", "--watch", "100", ...args, target]);
    this.process = lab.spawn("client", [...launcher, ...argv], { deadlineMs: 120_000 });
  }

  /** The next event of a kind; those of others in between are passed over. */
  async next(kind: WatchEventKind): Promise<WatchEvent> {
    for (;;) {
      const found = this.#events().findIndex(({ change }, index) => index >= this.#seen && change === kind);
      if (found >= 0) {
        this.#seen = found + 1;
        return this.#events()[found]!;
      }
      const earlier = this.#events().map(startOf).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      await this.process.line(new RegExp(`"at_ms":(?!(?:${earlier.join("|")}),)\\d+,"change":"${kind}"`));
    }
  }

  /** Everything so far. */
  #events(): readonly WatchEvent[] {
    const lines = this.process.stdout.split("\n").slice(0, -1);
    return lines.filter((line) => line.includes('"event":"path-change"')).map((line) =>
      JSON.parse(line).change
    );
  }

  /** Ends it with Ctrl-C, or waits for its end. */
  async end(signal?: Deno.Signal): Promise<{ readonly code: number; readonly result: ProbeResult }> {
    if (signal !== undefined) this.process.kill(signal);
    const { code, stdout, stderr }: ProcessResult = await this.process.finished;
    const last = stdout.trimEnd().split("\n").at(-1) ?? "";
    assert.match(last, /"event":"end"/, stderr);
    return { code, result: JSON.parse(last).result };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}

/** What tells one event from another, as it stands in its line behind `"at_ms":`. */
function startOf({ at_ms, change, source, local, remote }: WatchEvent): string {
  return JSON.stringify({ at_ms, change, source, local, remote }).slice('{"at_ms":'.length, -1);
}

/** What an event says of its path. */
function facts({ change, local, remote, interface: name }: WatchEvent): readonly unknown[] {
  return [change, local?.replace(/:\d+$/, ""), remote, name];
}

Deno.test({
  name: "mpt probe --watch tells each change of a path once, by events where it may, by looking where not",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:setpriv"),
  async fn(t) {
    await using lab = await createLab({ paths: [{}, {}], mptcp: "signal", link: "veth" });
    await using _server = await serve(lab);
    const path2 = ["10.77.2.1", "10.78.2.2:4433", "path2"];
    const onServer = (line: string): Promise<string> => lab.output("server", line.split(" "));
    for (const [launcher, source] of USERS) {
      await t.step(source, async () => {
        const told = source === "events";
        await using watching = new Watching(lab, launcher, TARGET);
        const next = (kind: WatchEventKind): Promise<WatchEvent> => watching.next(kind);
        const first = await next("established");
        assert.deepEqual([first.local?.split(":")[0], first.interface, first.text], [
          "10.77.1.1",
          "path1",
          "the first path",
        ]);
        assert.deepEqual(facts(await next("established")), ["established", ...path2]);

        await lab.set("path2", { blackhole: true });
        const stale = await next("stale");
        assert.deepEqual([...facts(stale), stale.source], ["stale", ...path2, "polling"]);
        assert.match(stale.text, /^\d+ (retransmissions|probes) in a row got no answer$/);
        await lab.set("path2", { blackhole: false });
        const recovered = await next("recovered");
        assert.deepEqual(facts(recovered), ["recovered", ...path2]);
        assert.match(recovered.text, /^after \d+\.\d s$/);

        await lab.set("path1", { state: "down" });
        assert.equal((await next("stale")).interface, "path1");
        await lab.set("path1", { state: "up" });
        assert.equal((await next("recovered")).interface, "path1");

        for (
          const [word, backup, text] of [
            ["backup", true, "a backup now"],
            ["nobackup", false, "no backup any more"],
          ] as const
        ) {
          await onServer(`ip mptcp endpoint change 10.78.2.2 ${word}`);
          const priority = await next("priority");
          assert.deepEqual(facts(priority), ["priority", ...path2]);
          assert.deepEqual([priority.backup, priority.text, priority.source], [backup, text, source]);
        }

        const id = /^10\.78\.2\.2 id (\d+)/m.exec(await onServer("ip mptcp endpoint show"))?.[1];
        await onServer(`ip mptcp endpoint delete id ${id}`);
        const removed = await next("removed");
        assert.deepEqual(
          [removed.remote, removed.id_remote],
          told ? ["10.78.2.2:4433", Number(id)] : [null, null],
        );
        const closed = await next("closed");
        assert.deepEqual([...facts(closed), closed.error, closed.reset], ["closed", ...path2, null, null]);

        await onServer("ip mptcp endpoint add 10.78.2.2 dev path2 signal");
        assert.equal((await next("announced")).remote, told ? "10.78.2.2:4433" : null);
        const again = await next("established");
        assert.deepEqual([...facts(again), again.source], ["established", ...path2, source]);

        const box = { kind: "reject", path: "path2", packets: "all", how: "reset" } as const;
        await lab.addMiddlebox(box);
        const reset = await next("closed");
        assert.deepEqual([...facts(reset), reset.error, reset.reset], [
          "closed",
          ...path2,
          told ? "ECONNRESET" : null,
          null,
        ]);
        assert.match(
          reset.text,
          told ? /^it was reset \(ECONNRESET\), and the reset gave no reason/ : /^it is gone/,
        );
        await lab.removeMiddlebox(box);

        const { code, result } = await watching.end("SIGINT");
        assert.deepEqual([code, result.end.reason, result.watch?.end], [130, "interrupted", "cut-short"]);
        assert.deepEqual([result.watch?.source, result.watch?.looked_at], [source, "sock_diag"]);
        assert.deepEqual(result.watch?.source_reason, told ? null : "it needs CAP_NET_ADMIN");
        // Nothing is told twice, and nothing that did not happen.
        const { events } = result.watch!;
        // The addresses of the start come in one look or in two, before the path to one of them or after.
        const atFirst = events.filter(({ change }, index) =>
          change === "announced" && index < events.findIndex((each) => each.change === "stale")
        );
        assert(atFirst.length >= 1 && atFirst.length <= 2);
        const all = events.filter((each) => !atFirst.includes(each));
        assert.deepEqual(all.map(({ change, interface: name }) => `${change} ${name}`), [
          "established path1",
          "established path2",
          "stale path2",
          "recovered path2",
          "stale path1",
          "recovered path1",
          "priority path2",
          "priority path2",
          "removed null",
          "closed path2",
          "announced null",
          "established path2",
          "closed path2",
        ]);
        assert(
          all.every(({ at_ms, time }, index) =>
            at_ms >= (all[index - 1]?.at_ms ?? 0) && !isNaN(Date.parse(time))
          ),
        );
        const { counters } = result.watch!;
        assert.equal(counters?.["MPTcpExtMPPrioRx"], 2);
        assert.equal(result.watch!.counters_shared, "no");
      });
    }
  },
});

Deno.test({
  name: "mpt probe --watch gives the reason of a reset in words, and tells the end of the connection",
  ...requires("namespaces", "mptcp", "tool:setpriv", "tool:ss"),
  async fn() {
    await using lab = await createLab({ paths: [{}, {}], mptcp: "subflow", link: "veth" });
    for (const [launcher, source] of USERS) {
      await using server = await serve(lab);
      await using watching = new Watching(lab, launcher, TARGET);
      await watching.next("established");
      await watching.next("established");
      // The kernel of the server ends one subflow, and says so by MP_TCPRST.
      await lab.output("server", ["ss", "-K", "dst", "10.77.2.1"]);
      const closed = await watching.next("closed");
      if (source === "events") {
        assert.equal(closed.error, "ECONNRESET");
        assert.deepEqual(closed.reset, { code: 0, text: "unspecified error", transient: false });
        assert.equal(closed.text, "it was reset (ECONNRESET), with the reason 0: unspecified error");
      } else assert.match(closed.text, /^it is gone, and a reset with a reason of MPTCP came: /);
      server.kill("SIGTERM");
      const ended = await watching.next("ended");
      const { code, result } = await watching.end();
      assert.deepEqual([code, result.watch?.end, ended.error], [1, "failed", "ERR_RESET"]);
      assert.equal(ended.text, "the other end reset the connection");
      assert.equal(result.end.reason, "done");
    }
  },
});

Deno.test({
  name: "mpt probe --watch keeps a connection to a stranger, whose idle paths show too",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:nginx", "tool:mptcpize"),
  async fn() {
    await using lab = await createLab({ paths: [{}, {}], mptcp: "subflow", link: "veth" });
    await using server = await startWebServer(lab, NGINX, MPTCPIZE);
    const target = `10.78.1.2:${WEB_PORT}`;
    await using watching = new Watching(lab, [], target, "--data", "http");
    await watching.next("established");
    assert.equal((await watching.next("established")).interface, "path2");
    // A backup carries nothing: only keep-alive is on it.
    await lab.output("client", "ip mptcp endpoint change id 1 backup".split(" "));
    await lab.set("path2", { blackhole: true });
    assert.match((await watching.next("stale")).text, /^\d+ probes in a row got no answer$/);
    await lab.set("path2", { blackhole: false });
    await watching.next("recovered");
    server.kill("SIGQUIT");
    assert.equal((await watching.next("ended")).text, "the other end closed the connection");
    const { code, result } = await watching.end();
    assert.deepEqual([code, result.watch?.end, result.watch?.kept_by], [0, "closed", "http"]);
  },
});

Deno.test({
  name: "mpt probe --watch ends with its time; where MPTCP does not work there is nothing to watch",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using lab = await createLab({ paths: [{}, {}], mptcp: "subflow", link: "veth" });
    await using _server = await serve(lab, "--listen", "0.0.0.0:4433", "--listen", "tcp@0.0.0.0:4434");
    const probe = (target: string, ...args: readonly string[]): Promise<ProcessResult> =>
      lab.run("client", mptArgv(["probe", "--join-timeout", "0.5", "--watch", "0.6", ...args, target]));

    const json = await probe(TARGET, "--json");
    const { watch, verdicts, end }: ProbeResult = JSON.parse(json.stdout);
    assert.deepEqual([json.code, end.reason, watch?.end, watch?.kept_by], [0, "done", "time", "perf"]);
    assert.equal(verdicts[0]?.code, "mptcp-works");
    assert.deepEqual(watch?.events.map(({ change }) => change), ["established", "established"]);

    const people = await probe(TARGET, "--color", "never");
    assert.match(
      people.stdout,
      /^\d\d:\d\d:\d\d\.\d{3} {2}established {2}10\.77\.1\.1:\d+ to 10\.78\.1\.2:4433 \(path1\): the first path\n/,
    );
    assert.match(people.stdout, /\n✓ MPTCP works to /);
    assert.match(
      people.stdout,
      /^Watched a connection to 10\.78\.1\.2 for \S+ m?s: 2 events, told by the kernel's events; /m,
    );

    const nothing = await probe("10.78.1.2:4434", "--json");
    const result: ProbeResult = JSON.parse(nothing.stdout);
    assert.deepEqual([nothing.code, result.watch, result.endpoints[0]?.tcp.status], [1, null, "yes"]);
    assert(result.warnings.some((text) => text.startsWith("There is nothing to watch: ")));
  },
});
