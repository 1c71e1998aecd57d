import { formatBytes } from "../../base/units.ts";
import { ok, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";

/** What QUIC wants of this machine: fast packet protection, batches of datagrams, room for them in the kernel. */
export function datagramChecks(facts: Facts): readonly Check[] {
  return [libcrypto(facts), sockets(facts), offload(facts), buffers(facts)];
}

function libcrypto({ packetProtection }: Facts): Check {
  const code = "libcrypto";
  const { backend, reason } = packetProtection;
  if (reason === null) {
    return ok(
      code,
      "The packets of QUIC are protected by libcrypto.so.3, the fastest there is here.",
      backend,
    );
  }
  return warn(
    code,
    `The packets of QUIC are protected by ${backend}, which takes several times the CPU: ${reason}.`,
    backend,
    reason.includes("--allow-ffi")
      ? "--allow-ffi"
      : reason.includes("could not be opened")
      ? "install OpenSSL 3, such as apt-get install libssl3"
      : null,
  );
}

const SOCKETS = { ffi: "system calls", deno: "Deno.listenDatagram", node: "node:dgram" } as const;

function sockets({ datagramSockets }: Facts): Check {
  const code = "datagram-sockets";
  const { backend, reason } = datagramSockets;
  const name = SOCKETS[backend];
  if (reason === null) return ok(code, `The datagrams of QUIC go by ${name}, in batches.`, name);
  return warn(
    code,
    `The datagrams of QUIC go by ${name}, one at a time: ${reason}.`,
    name,
    reason.includes("--allow-ffi") ? "--allow-ffi" : null,
  );
}

function buffers({ udpBuffers }: Facts): Check {
  const code = "udp-buffers";
  if (!udpBuffers.known) return unknown(code, "How much room the kernel gives to datagrams", udpBuffers);
  const { receive, send, wanted } = udpBuffers.value;
  const found = `${formatBytes(receive)} in, ${formatBytes(send)} out`;
  const small = [
    ...(receive < wanted ? [`net.core.rmem_max=${wanted}`] : []),
    ...(send < wanted ? [`net.core.wmem_max=${wanted}`] : []),
  ];
  if (small.length === 0) {
    return ok(code, `UDP sockets get the buffers that QUIC asks for (${formatBytes(wanted)}).`, found);
  }
  return warn(
    code,
    `QUIC asks for UDP buffers of ${
      formatBytes(wanted)
    } and gets ${found}: at high rates datagrams are lost in ` +
      "them.",
    found,
    `sysctl -w ${small.join(" ")}`,
  );
}

function offload({ udpOffload }: Facts): Check {
  const code = "udp-offload";
  if (!udpOffload.known) return unknown(code, "Whether UDP can be sent in batches", udpOffload);
  const { gso, gro } = udpOffload.value;
  const missing = [
    ...(gso === null ? [] : [`sent in batches (UDP_SEGMENT: ${gso})`]),
    ...(gro === null ? [] : [`received in batches (UDP_GRO: ${gro})`]),
  ];
  if (missing.length === 0) {
    return ok(code, "UDP can be sent and received in batches (GSO, GRO).", "gso, gro");
  }
  return warn(
    code,
    `UDP cannot be ${missing.join(" nor ")}: QUIC would take several times the CPU.`,
    [...(gso === null ? ["gso"] : []), ...(gro === null ? ["gro"] : [])].join(", ") || "none",
    "use Linux 5.0 or later",
  );
}
