// deno-lint-ignore-file no-console
/**
 * An end of iroh's (noq underneath) in a process of its own: `server ADDRESS` answers the number that it is sent
 * on a stream with so many bytes; `client ID BYTES ADDRESS...` asks for them. Byte i of an answer is i modulo 251.
 */
import { createRequire } from "node:module";
import { Buffer } from "node:buffer";
import { IROH_FOLDER } from "../support/iroh_package.ts";

const ALPN = [...Buffer.from("mpt-test")];

/** A number, and bytes that nobody has to wait for long. */
const REQUEST_BYTES = 32;
const CHUNK_BYTES = 32_768;

/** What of iroh is used here. */
interface Iroh {
  readonly Endpoint: { builder(): Builder };
  readonly EndpointAddr: new (id: unknown, relay: undefined, addresses: readonly string[]) => unknown;
  readonly EndpointId: { fromString(text: string): unknown };
  readonly RelayMode: { disabled(): unknown };
  presetMinimal(builder: Builder): void;
}

interface Builder {
  alpns(alpns: readonly (readonly number[])[]): void;
  relayMode(mode: unknown): void;
  secretKey(bytes: readonly number[]): void;
  bindAddr(address: string): void;
  bind(): Promise<IrohEndpoint>;
}

interface IrohEndpoint {
  id(): { toString(): string };
  boundSockets(): readonly string[];
  connect(address: unknown, alpn: readonly number[]): Promise<IrohConnection>;
  acceptNext(): Promise<{ accept(): Promise<{ connect(): Promise<IrohConnection> }> } | null>;
  close(): Promise<void>;
}

interface IrohConnection {
  openBi(): Promise<IrohStream>;
  acceptBi(): Promise<IrohStream>;
  paths(): readonly { id: string; isSelected: boolean; remoteAddr: string; stats: { udpRxBytes: number } }[];
  close(code: bigint, reason: readonly number[]): void;
}

interface IrohStream {
  readonly send: { writeAll(bytes: readonly number[]): Promise<void>; finish(): Promise<void> };
  readonly recv: {
    read(limit: number): Promise<readonly number[]>;
    readToEnd(limit: number): Promise<readonly number[]>;
  };
}

const iroh: Iroh = createRequire(`${IROH_FOLDER}/peer.js`)("@number0/iroh");

async function endpoint(address: string): Promise<IrohEndpoint> {
  const builder = iroh.Endpoint.builder();
  iroh.presetMinimal(builder);
  builder.secretKey([...crypto.getRandomValues(new Uint8Array(32))]);
  builder.alpns([ALPN]);
  builder.relayMode(iroh.RelayMode.disabled());
  builder.bindAddr(address);
  return await builder.bind();
}

/** Bytes `from` to `to` of every answer. */
function pattern(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => (from + i) % 251);
}

async function serve(address: string): Promise<void> {
  const end = await endpoint(address);
  const port = end.boundSockets()[0]?.split(":").at(-1);
  console.log(`ready ${end.id()} ${port}`);
  for (let next = await end.acceptNext(); next !== null; next = await end.acceptNext()) {
    void next.accept().then((accepting) => accepting.connect()).then(answerAll).catch((error) => {
      console.error(String(error));
    });
  }
}

async function answerAll(connection: IrohConnection): Promise<void> {
  for (;;) {
    const stream = await connection.acceptBi();
    const wanted = Number(Buffer.from(await stream.recv.readToEnd(REQUEST_BYTES)).toString());
    for (let at = 0; at < wanted; at += CHUNK_BYTES) {
      await stream.send.writeAll(pattern(at, Math.min(wanted, at + CHUNK_BYTES)));
    }
    await stream.send.finish();
  }
}

async function ask(id: string, wanted: number, addresses: readonly string[]): Promise<void> {
  const end = await endpoint("0.0.0.0:0");
  const connection = await end.connect(
    new iroh.EndpointAddr(iroh.EndpointId.fromString(id), undefined, addresses),
    ALPN,
  );
  console.log("connected");
  const stream = await connection.openBi();
  await stream.send.writeAll([...Buffer.from(String(wanted))]);
  await stream.send.finish();
  let at = 0;
  while (at < wanted) {
    const bytes = await stream.recv.read(CHUNK_BYTES);
    if (bytes.length === 0) break;
    if (bytes.some((byte, i) => byte !== (at + i) % 251)) throw new Error(`byte ${at} or later is wrong`);
    at += bytes.length;
  }
  const paths = connection.paths().map(({ id, remoteAddr, stats }) => [id, remoteAddr, stats.udpRxBytes]);
  console.log(`received ${at} over ${JSON.stringify(paths)}`);
  connection.close(0n, []);
  await end.close();
}

const [role, first = "", ...rest] = Deno.args;
if (role === "server") await serve(first);
else await ask(first, Number(rest[0]), rest.slice(1));
