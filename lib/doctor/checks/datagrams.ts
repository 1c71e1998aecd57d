import { ok, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";

/** What QUIC will want of this machine: fast packet protection and batches of datagrams. */
export function datagramChecks(facts: Facts): readonly Check[] {
  return [libcrypto(facts), offload(facts)];
}

function libcrypto({ libcrypto }: Facts): Check {
  const code = "libcrypto";
  if (!libcrypto.known) return unknown(code, "Whether libcrypto.so.3 is there", libcrypto);
  if (libcrypto.value) return ok(code, "libcrypto.so.3 is there for fast packet protection.", true);
  return warn(
    code,
    "libcrypto.so.3 is not there: the packets of QUIC would be protected more slowly.",
    false,
    "install OpenSSL 3, such as apt-get install libssl3",
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
