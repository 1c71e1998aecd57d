/** Every parser that strangers reach, with inputs that are nearly right. `deno task fuzz` gives them millions. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { toHex } from "../../../../lib/base/bytes.ts";
import { Random } from "../../../../lib/lab/link/random.ts";
import { TokenKey } from "../../../../lib/quic/tokens.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { FrameReader } from "../../../../lib/quic/wire/frame_reader.ts";
import { CORE_FRAMES, MULTIPATH_FRAMES } from "../../../../lib/quic/wire/frame_types.ts";
import { offeredVersions, PacketHeader } from "../../../../lib/quic/wire/packet_header.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";
import { readTransportParameters } from "../../../../lib/quic/wire/read_transport_parameters.ts";
import { writeControlFrame } from "../../../../lib/quic/wire/write_control_frame.ts";
import { encodeRetry, encodeVersionNegotiation } from "../../../../lib/quic/wire/write_packet.ts";
import { writeTransportParameters } from "../../../../lib/quic/wire/write_transport_parameters.ts";
import { TlsError } from "../../../../lib/tls/alerts.ts";
import { TlsClient } from "../../../../lib/tls/client.ts";
import { TlsServer } from "../../../../lib/tls/server.ts";
import { parseCertificate } from "../../../../lib/tls/x509/certificate.ts";
import { makeSelfSigned } from "../../../../lib/tls/x509/self_signed.ts";
import { NOW_MS, seededRandom, selfSignedCredentials, TRUSTED } from "../../tls/pair.ts";
import { Pair } from "../connection/pair.ts";
import { CLIENT, SERVER, World } from "../endpoint/world.ts";
import { controlFrames, serverParameters } from "../wire/arbitraries.ts";
import { ack, Attacker, crypto, stream } from "./attacker.ts";
import { Mutator } from "./mutate.ts";

/** Inputs for each of the fast parsers; the slow ones get a part of them. */
const RUNS = Number(Deno.env.get("MPT_FUZZ_RUNS") ?? 4_000);

/** Which inputs: always the same ones, unless others are asked for. */
const SEED = Number(Deno.env.get("MPT_FUZZ_SEED") ?? 1);

interface Target {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  /** How many times slower it is than reading a header. */
  readonly cost: number;
  /** Takes an input; throws if something is wrong. */
  readonly take: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Lets errors of a kind pass: they are what the peer is told. */
function only(kind: typeof QuicError | typeof TlsError, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

const frames = (seed: number): readonly Uint8Array[] => [
  ...fc.sample(controlFrames, { numRuns: 60, seed }).map((frame) => {
    const bytes = new Uint8Array(2_000);
    return bytes.slice(0, writeControlFrame(bytes, 0, frame));
  }),
  stream(0, 0, 20),
  stream(4, 100, 5, true),
  crypto(0, 30),
  ack(0, 3),
  Uint8Array.of(0x31, 3, 1, 2, 3),
  Uint8Array.of(0, 0, 1, 0),
];

const ID = ConnectionId.from(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

/** The datagrams that two ends say to each other until they are connected, in the clear where they are. */
function datagrams(): readonly Uint8Array[] {
  const all: Uint8Array[] = [
    encodeRetry(1, ID, ID, Uint8Array.of(1, 2, 3), 0),
    encodeVersionNegotiation(ID.toBytes(), ID.toBytes(), [1, 0x6b3343cf], 0),
  ];
  using pair = new Pair({
    fate: (datagram) => {
      all.push(datagram.bytes.slice());
      return datagram;
    },
  });
  pair.connect();
  return all;
}

/** The first messages of TLS from an end. */
function hello(side: "client" | "server"): Uint8Array {
  const client = tlsClient();
  const first = client.poll();
  assert(first?.type === "send");
  if (side === "client") return first.bytes;
  const server = tlsServer();
  server.receive("initial", first.bytes);
  for (let event = server.poll(); event !== undefined; event = server.poll()) {
    if (event.type === "send") return event.bytes;
  }
  throw new Error("the server has said nothing");
}

const CREDENTIALS = selfSignedCredentials(["localhost"]);

function tlsClient(): TlsClient {
  return new TlsClient({
    serverName: "localhost",
    alpn: ["hq-interop"],
    transportParameters: Uint8Array.of(1, 2, 3),
    check: () => TRUSTED,
    random: seededRandom(1),
  });
}

function tlsServer(): TlsServer {
  return new TlsServer({
    credentials: () => [CREDENTIALS],
    alpn: ["hq-interop"],
    transportParameters: Uint8Array.of(4, 5),
    random: seededRandom(2),
  });
}

const header = new PacketHeader();
const reader = new FrameReader();
const TYPES = ["initial", "0-rtt", "handshake", "1-rtt"] as const;
const tokens = new TokenKey(new Uint8Array(32), seededRandom(3));
const parameters = fc.sample(serverParameters, { numRuns: 40, seed: 1 }).map((each) =>
  writeTransportParameters(each)
);
let turn = 0;

const TARGETS: readonly Target[] = [
  {
    name: "headers of packets",
    corpus: datagrams(),
    cost: 1,
    take: (bytes) => {
      const { length } = bytes;
      for (let at = 0; at < length;) {
        if (header.read(bytes, at, length, 8) !== null) return;
        const { start, end, destinationStart, destinationEnd, sourceEnd } = header;
        assert(start === at && end > at && end <= length, "a packet that is not in its datagram");
        assert(destinationStart >= start && destinationEnd <= end && sourceEnd <= end);
        if (header.type === "version-negotiation") offeredVersions(bytes, header);
        at = end;
      }
    },
  },
  {
    name: "frames",
    corpus: frames(1),
    cost: 1,
    take: (bytes) =>
      only(QuicError, () => {
        const types = turn++ % 2 === 0 ? CORE_FRAMES : MULTIPATH_FRAMES;
        reader.start(bytes, 0, bytes.length, TYPES[turn % 4]!, types);
        for (let kind = reader.next(); kind !== null; kind = reader.next()) {
          assert(reader.frameEnd > reader.frameStart && reader.frameEnd <= bytes.length);
          if (kind !== "stream" && kind !== "crypto" && kind !== "datagram") continue;
          assert(reader.dataStart <= reader.dataEnd && reader.dataEnd <= bytes.length);
        }
      }),
  },
  {
    name: "transport parameters",
    corpus: parameters,
    cost: 2,
    take: (bytes) =>
      only(QuicError, () => readTransportParameters(bytes, turn++ % 2 === 0 ? "client" : "server")),
  },
  {
    name: "tokens",
    corpus: [tokens.laterToken(CLIENT.ip, 0), tokens.retryToken(CLIENT, ID, ID, 0)],
    cost: 10,
    take: (bytes) => {
      tokens.check(bytes, CLIENT, ID, 1);
    },
  },
  {
    name: "certificates",
    corpus: [
      makeSelfSigned({ hosts: ["a.example", "192.0.2.1"], nowMs: NOW_MS, random: seededRandom(5) })
        .certificate,
    ],
    cost: 10,
    take: (bytes) => only(TlsError, () => parseCertificate(bytes)),
  },
  {
    name: "messages of TLS clients",
    corpus: [hello("client")],
    cost: 40,
    take: (bytes) => only(TlsError, () => tlsServer().receive("initial", bytes)),
  },
  {
    name: "messages of TLS servers",
    corpus: [hello("server")],
    cost: 40,
    take: (bytes) =>
      only(TlsError, () => {
        const client = tlsClient();
        client.poll();
        client.receive("initial", bytes);
      }),
  },
];

for (const { name, corpus, cost, take } of TARGETS) {
  const runs = Math.ceil(RUNS / cost);
  Deno.test(`hostile: ${name}, changed in every way (${runs} inputs from seed ${SEED})`, () => {
    const mutator = new Mutator(Random.of(SEED), corpus);
    for (let run = 0; run < runs; run++) {
      const bytes = mutator.next();
      const before = bytes.slice();
      try {
        take(bytes);
      } catch (error) {
        throw new Error(`input ${run} of seed ${SEED}: ${toHex(before)}`, { cause: error });
      }
    }
  });
}

Deno.test(`hostile: datagrams to an endpoint, changed in every way (${Math.ceil(RUNS / 20)} inputs from seed ${SEED})`, () => {
  const corpus = datagrams();
  const mutator = new Mutator(Random.of(SEED), corpus);
  const slab = new Uint8Array(4_096);
  using world = new World();
  let [received, sent] = [0, 0];
  for (let run = 0; run < RUNS / 20; run++) {
    const bytes = mutator.next();
    const { length } = bytes;
    received += length;
    const from = { ip: CLIENT.ip, port: 1_024 + (run % 60_000) };
    for (const endpoint of [world.server, world.client]) {
      const copy = bytes.slice();
      endpoint.handleDatagram(world.nowUs, { local: SERVER, remote: from }, copy, 0, length);
      for (let out = endpoint.pollTransmit(world.nowUs, slab); out !== null;) {
        sent += out.end;
        out = endpoint.pollTransmit(world.nowUs, slab);
      }
      assert(sent <= 3 * received, `${sent} bytes for ${received}: ${toHex(bytes)}`);
    }
    world.nowUs += 100_000;
    if (world.server.pollTimeout() <= world.nowUs) world.server.handleTimeout(world.nowUs);
  }
});

Deno.test(`hostile: frames in packets that are authentic, changed in every way (${Math.ceil(RUNS / 100)} connections from seed ${SEED})`, () => {
  const mutator = new Mutator(Random.of(SEED), frames(2));
  for (let run = 0; run < RUNS / 100; run++) {
    const options = run % 2 === 0 ? {} : { initialMaxPathId: 4 };
    using pair = new Pair({ client: options, server: options, seed: run + 1 }).connect();
    pair.fate = () => null;
    const attacker = new Attacker(pair);
    const said: string[] = [];
    for (let n = 0; n < 100 && pair.server!.closeReason === null; n++) {
      const bytes = mutator.next().slice(0, 1_100);
      said.push(toHex(bytes));
      attacker.send(bytes);
      if (n % 10 === 0) pair.run(() => false, 30_000);
    }
    const { closeReason } = pair.server!;
    const problem = `${closeReason?.text} after ${said.join(" ")}`;
    // Numbers beyond 2^53 that are legal are an INTERNAL_ERROR on purpose; what was thrown tells them apart
    const meant = closeReason?.errorCode !== QUIC_ERROR.INTERNAL_ERROR;
    assert(meant || closeReason.cause instanceof QuicError, problem);
  }
});
