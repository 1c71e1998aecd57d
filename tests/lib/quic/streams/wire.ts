import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import {
  type PeerLimits,
  type StreamFrame,
  Streams,
  type StreamSettings,
} from "../../../../lib/quic/streams/streams.ts";
import type { Side } from "../../../../lib/quic/streams/stream_id.ts";

export const SETTINGS: StreamSettings = {
  connectionWindow: 4000,
  maxConnectionWindow: 8000,
  streamWindow: 1500,
  maxStreamWindow: 3000,
  bidirectional: 3,
  unidirectional: 2,
};

export function limitsOf(settings: StreamSettings): PeerLimits {
  return {
    initialMaxData: settings.connectionWindow,
    initialMaxStreamDataBidiLocal: settings.streamWindow,
    initialMaxStreamDataBidiRemote: settings.streamWindow,
    initialMaxStreamDataUni: settings.streamWindow,
    initialMaxStreamsBidi: settings.bidirectional,
    initialMaxStreamsUni: settings.unidirectional,
  };
}

type Packet =
  | { readonly kind: "stream"; readonly frame: StreamFrame; readonly bytes: Uint8Array }
  | { readonly kind: "control"; readonly frame: ControlFrame };

/** Two ends whose frames go where the test says: arrive, arrive twice, get lost. */
export class Wire {
  readonly ends: Readonly<Record<Side, Streams>>;
  readonly #flying: Readonly<Record<Side, Packet[]>> = { client: [], server: [] };

  constructor(settings: StreamSettings = SETTINGS) {
    this.ends = { client: new Streams("client", settings), server: new Streams("server", settings) };
    for (const end of Object.values(this.ends)) end.setPeerLimits(limitsOf(settings));
  }

  /** Puts frames that an end has to send on their way. @returns How many. */
  send(from: Side, maxBytes: number): number {
    const end = this.ends[from];
    const flying = this.#flying[from];
    const before = flying.length;
    for (let frame = end.pollControl(0, 1000); frame !== null; frame = end.pollControl(0, 1000)) {
      flying.push({ kind: "control", frame });
    }
    for (let frame = end.nextFrame(() => maxBytes); frame !== null; frame = end.nextFrame(() => maxBytes)) {
      const bytes = new Uint8Array(frame.length);
      frame.stream.copy(frame, bytes, 0);
      end.onStreamSent(frame);
      flying.push({ kind: "stream", frame, bytes });
    }
    return flying.length - before;
  }

  /** How many frames of an end are on their way. */
  flying(from: Side): number {
    return this.#flying[from].length;
  }

  /** Lets a frame arrive; `acked` tells its sender. */
  deliver(from: Side, index: number, acked: boolean = true): void {
    const flying = this.#flying[from];
    const packet = acked ? flying.splice(index, 1)[0]! : flying[index]!;
    const [sender, receiver] = from === "client"
      ? [this.ends.client, this.ends.server]
      : [this.ends.server, this.ends.client];
    if (packet.kind === "stream") {
      const { frame, bytes } = packet;
      receiver.onStream(frame.stream.id, frame.offset, bytes, 0, bytes.length, frame.fin);
      if (acked) sender.onStreamAcked(frame.stream.id, frame);
    } else {
      receiver.onControl(packet.frame);
      if (acked) sender.onControlAcked(packet.frame);
    }
  }

  /** Loses a frame. */
  lose(from: Side, index: number): void {
    const [packet] = this.#flying[from].splice(index, 1);
    if (packet!.kind === "stream") this.ends[from].onStreamLost(packet!.frame.stream.id, packet!.frame);
    else this.ends[from].onControlLost(packet!.frame);
  }
}
