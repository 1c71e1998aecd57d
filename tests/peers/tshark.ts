import assert from "node:assert/strict";
import { output } from "../support/command.ts";
import { type CapturedDatagram, pcap } from "../support/pcap.ts";

/**
 * What tshark says of some fields of each datagram. One that it cannot read or decrypt is an error.
 *
 * @param datagrams Those of a server have port 4433.
 * @param keyLog The lines of a key log file.
 */
export async function dissect(
  datagrams: readonly CapturedDatagram[],
  keyLog: string,
  fields: readonly string[],
): Promise<readonly Readonly<Record<string, string>>[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/capture.pcap`, pcap(datagrams));
    await Deno.writeTextFile(`${folder}/keys.log`, keyLog);
    const argv = ["tshark", "-r", `${folder}/capture.pcap`, "-d", "udp.port==4433,quic", "-T", "fields"];
    const names = ["_ws.malformed", "_ws.expert.message", "quic.decryption_failed", ...fields];
    const text = await output([
      ...argv,
      ...["-o", `tls.keylog_file:${folder}/keys.log`, "-E", "aggregator=/s"],
      ...names.flatMap((name) => ["-e", name]),
    ], { deadlineMs: 60_000 });
    const lines = text.split("\n").filter((line) => line !== "");
    const packets = lines.map((line) =>
      Object.fromEntries(line.split("\t").map((value, index) => [names[index] ?? "", value]))
    );
    for (const packet of packets) {
      assert.equal(packet["_ws.malformed"], "");
      assert.equal(packet["quic.decryption_failed"], "");
      assert.doesNotMatch(packet["_ws.expert.message"] ?? "", /[Mm]alformed|unknown frame|decrypt/i);
    }
    return packets;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
