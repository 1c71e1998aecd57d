import { Endpoint } from "../../../lib/base/endpoint.ts";
import {
  decodeMessage,
  type DnsMessage,
  EMPTY_MESSAGE,
  encodeMessage,
} from "../../../lib/dns/wire/message.ts";

/** What the server does with a question: answer it, several times over, with these bytes, or not at all. */
export type Behaviour = (
  question: DnsMessage,
  how: { readonly transport: "udp" | "tcp"; readonly count: number },
) => readonly (Partial<DnsMessage> | Uint8Array<ArrayBuffer>)[];

/** A DNS server on a free port of the loopback, over UDP and TCP. */
export class FakeServer implements AsyncDisposable {
  readonly endpoint: Endpoint;
  /** What was asked, in the order of asking. */
  readonly questions: {
    readonly message: DnsMessage;
    readonly transport: "udp" | "tcp";
    readonly port: number;
  }[] = [];
  readonly #behaviour: Behaviour;
  readonly #udp: Deno.DatagramConn;
  readonly #tcp: Deno.TcpListener;
  readonly #work: Promise<unknown>;
  readonly #connections = new Set<Deno.TcpConn>();

  private constructor(udp: Deno.DatagramConn, tcp: Deno.TcpListener, behaviour: Behaviour) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.#behaviour = behaviour;
    this.endpoint = Endpoint.of("127.0.0.1", tcp.addr.port);
    this.#work = Promise.all([this.#serveUdp(), this.#serveTcp()]);
  }

  /** Starts a server; the same port has to be free for both transports. */
  static start(behaviour: Behaviour): FakeServer {
    for (;;) {
      const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      try {
        const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: tcp.addr.port });
        return new FakeServer(udp, tcp, behaviour);
      } catch (error) {
        tcp.close();
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#udp.close();
    this.#tcp.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    await this.#work;
  }

  #answers(bytes: Uint8Array, transport: "udp" | "tcp", port: number): readonly Uint8Array<ArrayBuffer>[] {
    const message = decodeMessage(bytes);
    this.questions.push({ message, transport, port });
    const count = this.questions.length;
    return this.#behaviour(message, { transport, count }).map((answer) =>
      answer instanceof Uint8Array ? answer : encodeMessage({
        ...EMPTY_MESSAGE,
        id: message.id,
        response: true,
        questions: message.questions,
        ...answer,
      })
    );
  }

  async #serveUdp(): Promise<void> {
    for await (const [bytes, from] of this.#udp) {
      const port = from.transport === "udp" ? from.port : 0;
      for (const answer of this.#answers(bytes, "udp", port)) await this.#udp.send(answer, from);
    }
  }

  async #serveTcp(): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const connection of this.#tcp) {
      this.#connections.add(connection);
      served.push(this.#serveConnection(connection));
    }
    await Promise.all(served);
  }

  async #serveConnection(connection: Deno.TcpConn): Promise<void> {
    try {
      // A question comes in one write, and so in one read
      const buffer = new Uint8Array(4096);
      const count = await connection.read(buffer);
      if (count === null) return;
      for (const answer of this.#answers(buffer.subarray(2, count), "tcp", connection.remoteAddr.port)) {
        const framed = new Uint8Array(answer.length + 2);
        new DataView(framed.buffer).setUint16(0, answer.length);
        framed.set(answer, 2);
        for (let sent = 0; sent < framed.length;) sent += await connection.write(framed.subarray(sent));
      }
      // Until the client goes
      while (await connection.read(buffer) !== null);
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) {
        throw error;
      }
    } finally {
      if (this.#connections.delete(connection)) connection.close();
    }
  }
}
