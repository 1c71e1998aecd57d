import { createLab, type LabOptions } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import { ROOT } from "../support/command.ts";
import { type Need, requires } from "../support/requires.ts";
import type { SCENARIOS } from "./mptcp/scenarios.ts";

interface Wanted {
  readonly network?: LabOptions;
  readonly needs?: readonly Need[];
}

/** Runs a scenario on the client of a network of its own. */
function scenario(name: keyof typeof SCENARIOS, claim: string, wanted: Wanted = {}): void {
  Deno.test({
    name: claim,
    ...requires("namespaces", "mptcp", ...(wanted.needs ?? [])),
    fn: async () => {
      await using network = await createLab(wanted.network ?? twoPaths());
      const script = `${ROOT}/tests/namespaces/mptcp/scenarios.ts`;
      await network.output("client", [Deno.execPath(), "run", "--quiet", "--allow-all", script, name], {
        cwd: ROOT,
        deadlineMs: 60_000,
      });
    },
  });
}

scenario("twoPaths", "paths() shows both paths with addresses, interfaces and numbers, at both ends");
scenario("twoIpv6Paths", "paths() shows both paths over IPv6", {
  network: twoPaths({}, { ipv6: true }),
});
scenario("agreement", "paths() agrees with ss, ip mptcp and sock_diag on a live connection", {
  needs: ["tool:ss"],
});
scenario("plainServer", "isMultipath() is false towards a plain TCP server, and paths() has the one path");
scenario("plainIpv6Server", "isMultipath() is false towards a plain TCP server over IPv6");
scenario("plainClient", "isMultipath() is false for a plain TCP client of an MPTCP listener");
scenario(
  "strippedLater",
  "isMultipath() is true after connect and false after the first data without options",
  {
    needs: ["tool:nft"],
  },
);
scenario("backupByServer", "a backup endpoint of the server makes a backup path", {
  network: twoPaths({}, { backup: true }),
});
scenario("backupByClient", "a backup endpoint of the client makes a backup path");
scenario("stalledJoin", "a join that hangs in TCP_DEFER_ACCEPT is validating, not active", {
  needs: ["tool:ss"],
});
scenario("deadPath", "a path without answers is stale, and active again with them", {
  network: twoPaths({ rateMbit: 50 }, { rateMbit: 50 }),
  needs: ["tool:nft"],
});
scenario("halfClosed", "a half-closed connection keeps its active paths");
scenario("endedByItself", "paths() after the end shows what was last known of both paths");
scenario("removedPath", "a path that was removed is no longer active");
scenario("joins", "waitForJoins() sees each path come and ends when no more come");
scenario("noJoins", "waitForJoins() does not wait where this host makes no joins", {
  network: { ...twoPaths(), mptcp: "none" },
});
scenario("events", "watchEvents() tells what ip mptcp monitor tells, event by event");
scenario("refusedJoin", "watchEvents() tells why a subflow ended", { needs: ["tool:nft"] });
scenario("eventsUnprivileged", "watchEvents() needs CAP_NET_ADMIN and says so", { needs: ["tool:setpriv"] });
scenario("inspection", "inspectConnection() agrees with ss about subflows that work and that wait", {
  needs: ["tool:nft", "tool:ss"],
});
scenario("inspectionAfterFallback", "inspectConnection() knows a connection that fell back, and plain TCP", {
  needs: ["tool:ss"],
});
scenario("counters", "CounterWatch agrees with nstat and notices other MPTCP connections", {
  needs: ["tool:nstat"],
});
scenario("checkAnswer", "the check answer of mpt serve agrees with ss and ip mptcp on its host", {
  needs: ["tool:ss"],
});
scenario("checkAroundFallback", "two check answers around a handshake that lost its option tell which way", {
  needs: ["tool:nft"],
});
