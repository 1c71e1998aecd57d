import { Endpoint } from "../base/endpoint.ts";
import { Ip } from "../base/ip.ts";
import { Resolver } from "../dns/resolver.ts";
import { DnsName } from "../dns/wire/name.ts";
import { deadline } from "../io/deadline.ts";
import { listen } from "../transport/connect.ts";
import { planRace } from "./plan.ts";
import { runRace } from "./run.ts";
import { systemEnvironment } from "./system.ts";

/** The warm-up takes some tens of milliseconds; this is the most, in milliseconds. */
const LIMIT_MS = 250;

const LOOPBACK = Ip.parse("127.0.0.1");

/**
 * Races to this host itself, and asks nobody for a name: the first use of code that was just loaded takes
 * milliseconds, which would be measured as the network's.
 *
 * @param signal Ends it.
 */
export async function warmUp(signal: AbortSignal | undefined): Promise<void> {
  using limit = deadline(LIMIT_MS, signal);
  try {
    await using listener = listen("tcp", LOOPBACK, 0);
    const closedPort = listener.local;
    const plan = planRace(Endpoint.of(LOOPBACK, closedPort.port!), { timeoutMs: LIMIT_MS });
    const environment = await systemEnvironment(plan);
    await using _outcome = await runRace(plan, environment, limit.signal, () => {});
    // Nobody listens to datagrams there: the answer is that the port is closed
    const resolver = new Resolver({ servers: [closedPort], timeoutMs: LIMIT_MS, attempts: 1 });
    await resolver.query(DnsName.parse("warm-up.invalid"), "A", limit.signal);
  } catch {
    // Whatever stands in the way shows in the race itself
  }
}
