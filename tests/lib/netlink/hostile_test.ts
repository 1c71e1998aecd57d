import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { decodeAddresses } from "../../../lib/netlink/address.ts";
import { decodeFamily, decodeGroups } from "../../../lib/netlink/generic.ts";
import { decodeLinks } from "../../../lib/netlink/link.ts";
import { encodeMessage } from "../../../lib/netlink/message.ts";
import { decodeEvents } from "../../../lib/netlink/mptcp_events.ts";
import { decodeEndpoints, decodeLimits } from "../../../lib/netlink/mptcp_pm.ts";
import { decodeRoutes } from "../../../lib/netlink/route.ts";
import { decodeRules } from "../../../lib/netlink/rule.ts";
import { decodeSockDiag } from "../../../lib/netlink/sock_diag.ts";
import * as captures from "./captures.ts";

type Decoder = (parts: readonly Uint8Array[]) => unknown;

const { JOIN, MPTCP, FAMILY, LIMITS, ENDPOINTS, ADDRESSES, ROUTES, RULES } = captures;

/** A decoder, an answer that it reads, and the type of its messages. */
const DECODERS: Readonly<Record<string, readonly [Decoder, readonly Uint8Array[], number]>> = {
  "decodeSockDiag() of a TCP socket": [decodeSockDiag, JOIN, 20],
  "decodeSockDiag() of an MPTCP socket": [decodeSockDiag, MPTCP, 20],
  "decodeFamily()": [decodeFamily, FAMILY, 16],
  "decodeGroups()": [decodeGroups, FAMILY, 16],
  "decodeEvents()": [
    (parts) => decodeEvents(parts, 28),
    [...captures.EVENTS, ...captures.EVENTS_IPV6],
    28,
  ],
  "decodeLimits()": [decodeLimits, LIMITS, 28],
  "decodeEndpoints()": [decodeEndpoints, ENDPOINTS, 28],
  "decodeLinks()": [decodeLinks, [], 16],
  "decodeAddresses()": [decodeAddresses, ADDRESSES, 20],
  "decodeRoutes()": [decodeRoutes, ROUTES, 24],
  "decodeRules()": [decodeRules, RULES, 32],
};

function decodesOrRefuses(decode: Decoder, parts: readonly Uint8Array[]): void {
  try {
    decode(parts);
  } catch (error) {
    assert.ok(error instanceof MptError, `${error}`);
  }
}

for (const [name, [decode, answer, type]] of Object.entries(DECODERS)) {
  Deno.test(`${name} takes every prefix of an answer, or refuses it with an MptError`, () => {
    for (const part of answer) {
      for (let length = 0; length < part.length; length++) {
        decodesOrRefuses(decode, [part.subarray(0, length)]);
      }
    }
  });

  Deno.test(`${name} takes an answer with changed bytes, or refuses it with an MptError`, () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(changes, (list) => {
      const parts = answer.map((part) => part.slice());
      for (const [at, value] of list) {
        const part = parts[at % Math.max(1, parts.length)];
        if (part !== undefined) part[at % part.length] = value;
      }
      decodesOrRefuses(decode, parts);
    }));
  });

  Deno.test(`${name} takes any body, or refuses it with an MptError`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (body, isMptcp) => {
      decodesOrRefuses(decode, [encodeMessage({ type, flags: 0, sequence: isMptcp ? 262 : 6, body })]);
    }));
  });
}
