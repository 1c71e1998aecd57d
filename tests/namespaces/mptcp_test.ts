import { twoPathNetwork } from "../../tasks/two_path_network.ts";
import type { TwoPathOptions } from "../../tasks/two_path_script.ts";
import { ROOT } from "../support/command.ts";
import { type Need, requires } from "../support/requires.ts";
import type { SCENARIOS } from "./mptcp/scenarios.ts";

interface Wanted {
  readonly network?: TwoPathOptions;
  readonly needs?: readonly Need[];
}

/** Runs a scenario on the client of a network of its own. */
function scenario(name: keyof typeof SCENARIOS, claim: string, wanted: Wanted = {}): void {
  Deno.test({
    name: claim,
    ...requires("namespaces", "mptcp", ...(wanted.needs ?? [])),
    fn: async () => {
      await using network = await twoPathNetwork(wanted.network ?? {});
      const script = `${ROOT}/tests/namespaces/mptcp/scenarios.ts`;
      await network.output("client", [Deno.execPath(), "run", "--quiet", "--allow-all", script, name], {
        cwd: ROOT,
        deadlineMs: 60_000,
      });
    },
  });
}

scenario("twoPaths", "paths() shows both paths with addresses, interfaces and numbers, at both ends");
scenario("twoIpv6Paths", "paths() shows both paths over IPv6");
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
  network: { backup: true },
});
scenario("backupByClient", "a backup endpoint of the client makes a backup path");
scenario("stalledJoin", "a join that hangs in TCP_DEFER_ACCEPT is validating, not active", {
  needs: ["tool:ss"],
});
scenario("deadPath", "a path without answers is stale, and active again with them", {
  network: { rateMbit: [50, 50] },
  needs: ["tool:nft"],
});
scenario("halfClosed", "a half-closed connection keeps its active paths");
scenario("endedByItself", "paths() after the end shows what was last known of both paths");
scenario("removedPath", "a path that was removed is no longer active");
scenario("joins", "waitForJoins() sees each path come and ends when no more come");
scenario("noJoins", "waitForJoins() does not wait where this host makes no joins", {
  network: { joins: false },
});
