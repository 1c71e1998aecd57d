import { MptError, toMptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection, Listener } from "../io/connection.ts";
import type { CounterWatch } from "../mptcp/counter_window.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { looksLikeHttp } from "../protocol/perf.ts";
import { StreamReader } from "../protocol/stream_reader.ts";
import { QuicTransport } from "../transport/quic.ts";
import type { Activity } from "./activity.ts";
import { checkAnswer } from "./check_answer.ts";
import { HttpSession } from "./http_session.ts";
import type { ServeLimits } from "./options.ts";
import { PerfSession } from "./perf_session.ts";
import { serveQuicStreams } from "./quic_streams.ts";
import type { ReportStore } from "./report_store.ts";
import type { ServedConnection } from "./result.ts";

/** What a connection may use of its server. */
export interface ConnectionServices {
  readonly limits: ServeLimits;
  readonly token: string | undefined;
  readonly reports: ReportStore;
  /** Tells this server from others, however they are reached. */
  readonly instance: string;
  /** The port of the SYN mirror beside the listener; null without one. */
  readonly synMirrorPort: number | null;
  /** Started shortly before the connection; null where counters cannot be read. */
  readonly watch: CounterWatch | null;
}

/**
 * Serves one connection to its end and tells what it was. A connection that fails is data: nothing that a
 * client does throws out of here.
 */
export async function serveConnection(
  connection: Connection,
  listener: Listener,
  activity: Activity,
  services: ConnectionServices,
): Promise<ServedConnection> {
  let failure: MptError | null = null;
  try {
    if (connection instanceof QuicTransport) {
      const check = (): CheckAnswer => answerOf(connection, listener, services);
      await serveQuicStreams(connection, activity, { ...services, check });
    } else {
      const stream = await connection.acceptStream();
      if (stream !== null) await speak(connection, listener, stream, activity, services);
    }
  } catch (error) {
    failure = toMptError(error, `Cannot serve ${connection.remote.address}`);
  }
  const paths = connection.paths().filter((path) => path.state === "active" || path.state === "stale").length;
  const transport = connection.transportInForce();
  if (failure === null) await connection.close();
  else {
    connection.abort();
    await connection.closed;
  }
  return {
    listener: listener.local.address,
    remote: connection.remote.address,
    transport,
    fallback: transport !== connection.transport,
    protocol: activity.protocol,
    requests: activity.requests,
    bytes_received: activity.bytesReceived,
    bytes_sent: activity.bytesSent,
    duration_ms: Math.round(performance.now() - activity.startedAtMs),
    paths,
    end: endOf(activity, failure),
    error: failure === null ? null : { code: failure.code, message: failure.message },
  };
}

async function speak(
  connection: Connection,
  listener: Listener,
  stream: ByteStream,
  activity: Activity,
  services: ConnectionServices,
): Promise<void> {
  const reader = new StreamReader(stream);
  const first = await reader.peekByte();
  if (first === null) return;
  activity.lastMoveMs = performance.now();
  const perf = (wishes: ConstructorParameters<typeof PerfSession>[5]): PerfSession =>
    new PerfSession(connection, stream, reader, activity, services.limits, wishes);
  if (looksLikeHttp(first)) {
    activity.protocol = "http";
    const check = (): CheckAnswer => answerOf(connection, listener, services);
    await new HttpSession(stream, reader, activity, {
      ...services,
      check,
      perf,
      setCongestion: (name) => connection.setCongestion(name),
    }).run();
    return;
  }
  // A perf request within any limit begins with a zero byte; whatever else this is, it is not for us.
  if (first !== 0) {
    activity.protocol = "unknown";
    throw new MptError("ERR_PROTOCOL", "Cannot serve: the first byte is neither HTTP's nor perf's");
  }
  activity.protocol = "perf";
  activity.requests = 1;
  activity.busy = true;
  if (services.token !== undefined) {
    throw new MptError("ERR_PERMISSION", "Cannot serve raw perf: this server wants its token");
  }
  await perf({}).raw();
}

function answerOf(connection: Connection, listener: Listener, services: ConnectionServices): CheckAnswer {
  return checkAnswer(connection, {
    listener,
    instance: services.instance,
    limits: services.limits,
    tokenRequired: services.token !== undefined,
    synMirrorPort: services.synMirrorPort,
    watch: services.watch,
  });
}

function endOf(activity: Activity, failure: MptError | null): ServedConnection["end"] {
  if (activity.ended !== null) return activity.ended;
  switch (failure?.code) {
    case undefined:
      return "done";
    case "ERR_LIMIT":
      return "limit";
    case "ERR_RESET":
    case "ERR_CLOSED":
      return "reset";
    default:
      return "error";
  }
}
