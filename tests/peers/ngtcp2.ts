/** Starts the example client and server of ngtcp2 (Debian: ngtcp2-client, ngtcp2-server). */
import { output, type RunningProcess, start } from "../support/command.ts";
import { CERTIFICATE_PEM, KEY_PEM } from "./quic_ends.ts";

/** How often to look whether the server listens, in milliseconds: it does not tell. */
const LOOK_MS = 20;

/** How long it may take to come up. */
const START_MS = 10_000;

const LOG_ALL: readonly string[] = ["--no-quic-dump", "--no-http-dump"];

/** A server of ngtcp2 with its files. */
export class Gtlsserver implements AsyncDisposable {
  readonly process: RunningProcess;
  readonly port: number;
  readonly folder: string;

  private constructor(process: RunningProcess, port: number, folder: string) {
    this.process = process;
    this.port = port;
    this.folder = folder;
  }

  /** Starts it with files to give away, by name. */
  static async start(
    args: readonly string[] = [],
    files: Readonly<Record<string, Uint8Array>> = {},
  ): Promise<Gtlsserver> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/key.pem`, KEY_PEM);
    await Deno.writeTextFile(`${folder}/cert.pem`, CERTIFICATE_PEM);
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes);
    const process = start([
      "gtlsserver",
      ...LOG_ALL,
      ...args,
      ...["-d", folder, "127.0.0.1", "0", `${folder}/key.pem`, `${folder}/cert.pem`],
    ]);
    try {
      return new Gtlsserver(process, await portOf(process), folder);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** What it has written about what it did. */
  get log(): string {
    return this.process.stdout + this.process.stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Starts a client of ngtcp2 that goes to a server on this host. */
export function gtlsclient(
  port: number,
  args: readonly string[],
  urls: readonly string[] = [],
): RunningProcess {
  return start(["gtlsclient", ...LOG_ALL, ...args, "127.0.0.1", String(port), ...urls]);
}

async function portOf(process: RunningProcess): Promise<number> {
  const until = performance.now() + START_MS;
  for (;;) {
    const sockets = await output(["ss", "-Hlunp"]);
    const line = sockets.split("\n").find((each) => each.includes(`pid=${process.pid},`));
    const port = /:(\d+)\s/.exec(line ?? "")?.[1];
    if (port !== undefined) return Number(port);
    if (performance.now() > until) {
      throw new Error(`Cannot start gtlsserver: it does not listen\n${process.stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
