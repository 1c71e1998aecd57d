import { Endpoint } from "../base/endpoint.ts";
import { Ip } from "../base/ip.ts";
import { Resolver } from "../dns/resolver.ts";
import { DnsName } from "../dns/wire/name.ts";
import { deadline } from "../io/deadline.ts";
import { connect, listen } from "../transport/connect.ts";
import { planRace, type RacePlan } from "./plan.ts";
import { runRace } from "./run.ts";
import { systemEnvironment } from "./system.ts";
import { type RaceTlsOptions, secure } from "./tls_connection.ts";

/** The warm-up takes some tens of milliseconds, with QUIC some hundred; this is the most, in milliseconds. */
const LIMIT_MS = 250;
const QUIC_LIMIT_MS = 1000;

const LOOPBACK = Ip.parse("127.0.0.1");

/**
 * Races to this host itself, and asks nobody for a name: the first use of code that was just loaded takes
 * milliseconds, which would be measured as the network's.
 *
 * @param plan What will be raced.
 * @param signal Ends it.
 */
export async function warmUp(
  { transports, tls }: Pick<RacePlan, "transports" | "tls">,
  signal: AbortSignal | undefined,
): Promise<void> {
  await warmUpTcp(signal);
  if (tls !== null) await warmUpTls(tls, signal);
  if (transports.some((each) => each === "quic" || each === "mpquic")) await warmUpQuic(signal);
}

/** A handshake that nobody answers loads the code and what the system trusts. */
async function warmUpTls(tls: RaceTlsOptions, signal: AbortSignal | undefined): Promise<void> {
  using limit = deadline(LIMIT_MS, signal);
  try {
    await using listener = listen("tcp", LOOPBACK, 0);
    const hangUp = async (): Promise<void> => await (await listener.accept())?.close();
    const client = connect("tcp", LOOPBACK, listener.local.port!, { signal: limit.signal });
    await Promise.all([client.then((connection) => secure(connection, "localhost", tls)), hangUp()]);
  } catch {
    // That was to be expected
  }
}

async function warmUpTcp(signal: AbortSignal | undefined): Promise<void> {
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

/** A whole handshake with this program itself. */
async function warmUpQuic(signal: AbortSignal | undefined): Promise<void> {
  using limit = deadline(QUIC_LIMIT_MS, signal);
  try {
    await using listener = listen("quic", LOOPBACK, 0);
    const options = { signal: limit.signal, quic: { insecure: true } };
    const [client, server] = await Promise.all([
      connect("quic", LOOPBACK, listener.local.port!, options),
      listener.accept(),
    ]);
    await Promise.all([client.close(), server?.close()]);
  } catch {
    // As above
  }
}
