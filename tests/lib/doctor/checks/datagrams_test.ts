import { known } from "../../../../lib/doctor/fact.ts";
import { testCases } from "./cases.ts";

testCases([
  ["libcrypto", {}, "libcrypto", "ok", /by libcrypto\.so\.3/, null],
  [
    "no libcrypto",
    {
      packetProtection: { backend: "node:crypto", reason: "libcrypto.so.3 (OpenSSL 3) could not be opened" },
    },
    "libcrypto",
    "warn",
    /by node:crypto, .* could not be opened/,
    /libssl3/,
  ],
  [
    "libcrypto without the permission",
    { packetProtection: { backend: "node:crypto", reason: "libcrypto needs --allow-ffi" } },
    "libcrypto",
    "warn",
    /needs --allow-ffi/,
    /^--allow-ffi$/,
  ],
  ["system calls", {}, "datagram-sockets", "ok", /go by system calls, in batches/, null],
  [
    "a runtime without system calls",
    {
      datagramSockets: { backend: "deno", reason: "no batches, marks and packet info: it needs --allow-ffi" },
    },
    "datagram-sockets",
    "warn",
    /by Deno\.listenDatagram, one at a time: no batches/,
    /^--allow-ffi$/,
  ],
  ["enough room", {}, "udp-buffers", "ok", /get the buffers that QUIC asks for \(4\.19 MB\)/, null],
  [
    "a small receive buffer",
    { udpBuffers: known({ receive: 212_992, send: 4_194_304, wanted: 4_194_304 }) },
    "udp-buffers",
    "warn",
    /gets 213 kB in, 4\.19 MB out/,
    /^sysctl -w net\.core\.rmem_max=4194304$/,
  ],
  [
    "small buffers both ways",
    { udpBuffers: known({ receive: 212_992, send: 212_992, wanted: 4_194_304 }) },
    "udp-buffers",
    "warn",
    /lost/,
    /^sysctl -w net\.core\.rmem_max=4194304 net\.core\.wmem_max=4194304$/,
  ],
  [
    "no GSO",
    { udpOffload: known({ gso: "ENOPROTOOPT", gro: null }) },
    "udp-offload",
    "warn",
    /UDP_SEGMENT: ENOPROTOOPT/,
  ],
]);
