import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { InferCode } from "./codes.ts";

/** Every finding about how a program connects, with what is to be said about it. */
export const INFER_CATALOGUE: Readonly<Record<InferCode, CatalogueEntry>> = Object.freeze({
  "attempt-delay": {
    level: "ok",
    sentence: "The time after which the program starts its next attempt.",
    seen: "What a broken address costs each connection.",
    why:
      "RFC 8305 5 recommends 250 ms, and 100 ms to 2 s as bounds. Less burdens servers, more is felt by people.",
    evidence:
      "The time between the SYNs to an address that does not answer and to the next one, in several runs.",
    fix: null,
  },
  "no-second-attempt": {
    level: "fail",
    sentence: "The program makes no second attempt while the first has no answer.",
    seen: "One broken address, and the program hangs until TCP gives up, for two minutes or more.",
    why: "It has no Happy Eyeballs: it takes the first address, or one after the other.",
    evidence: "The first address did not answer, another one would have, and nothing was sent there.",
    fix: "let the program race its addresses (RFC 8305)",
  },
  "client-not-seen": {
    level: "unknown",
    sentence: "The program made no attempt that could be seen.",
    seen: "Nothing about how it connects.",
    why: "It ended before, has an answer of its own for the name, or asks a resolver of its own over HTTPS.",
    evidence: "No SYN to the addresses that the name server gave.",
    fix: "name test.example in its command, and let it ask the system's resolver",
  },
  "resolution-delay": {
    level: "ok",
    sentence: "The time for which the program waits for AAAA when A has come.",
    seen: "What a slow name server costs each connection.",
    why: "RFC 8305 3 recommends 50 ms. A program that waits for both hangs when one query is not answered.",
    evidence:
      "The time from the answer with A to the first SYN, while AAAA was held back, and the other way round.",
    fix: null,
  },
  "address-order": {
    level: "ok",
    sentence: "The order in which the program tries the addresses.",
    seen: "Which family it prefers, and how soon it tries the other one.",
    why: "RFC 8305 4: the order of RFC 6724, with the families taking turns.",
    evidence: "The SYNs in the order in which they came, where no address answers.",
    fix: null,
  },
  "after-failure": {
    level: "ok",
    sentence: "What the program does when an address refuses it.",
    seen: "Whether a refusal costs time, and whether attempts under way are kept.",
    why: "RFC 8305 5: the next attempt starts at once, and earlier ones go on until one of them is up.",
    evidence: "The time from a reset to the next SYN, and whether an earlier attempt could still win.",
    fix: null,
  },
  "https-records": {
    level: "info",
    sentence: "Whether the program asks for HTTPS records, and how long it waits for them.",
    seen: "Without them it learns of HTTP/3 from a first connection only.",
    why: "RFC 9460; the draft of Happy Eyeballs 3 has them beside A and AAAA.",
    evidence: "The queries that came to the name server, and the first SYN while that answer was held back.",
    fix: null,
  },
});
