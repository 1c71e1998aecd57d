import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import { HttpClient } from "../protocol/http_client.ts";
import { connect } from "../transport/connect.ts";
import type { BenchSettings } from "./options.ts";
import type { RunPlan } from "./plan.ts";

/** One connection of a run. */
export interface Lane {
  readonly connection: Connection;
  readonly stream: ByteStream;
  readonly client: HttpClient;
}

/** Connects; nothing is sent yet. */
export async function openLane(plan: RunPlan, settings: BenchSettings, signal: AbortSignal): Promise<Lane> {
  const connection = await connect(plan.transport, plan.remote.ip!, plan.remote.port!, {
    timeoutMs: settings.connectTimeoutMs,
    signal,
    ...(plan.local === undefined ? {} : { localAddress: plan.local }),
    ...(plan.interface === undefined ? {} : { interface: plan.interface }),
    ...(settings.congestion === undefined ? {} : { congestion: settings.congestion }),
  });
  const stream = await connection.openStream();
  return { connection, stream, client: new HttpClient(stream, plan.remote.address) };
}
