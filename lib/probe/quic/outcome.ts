import { skippedCheck, unknownCheck } from "../failure.ts";
import type { CheckJson } from "../result.ts";
import type { MpquicCheckJson, QuicCheckJson } from "./result.ts";

/** What a check of QUIC came to. */
export interface CheckedQuic {
  readonly check: QuicCheckJson;
  /** Several paths over the same connection. */
  readonly multipath: MpquicCheckJson;
  /** The interface that the packets left by. */
  readonly interface: string | null;
  /** What may mend it; null for nothing known, or nothing to mend. */
  readonly fix: string | null;
}

/** What a check of QUIC has beyond any other check. */
export type QuicFacts = Omit<QuicCheckJson, keyof CheckJson>;

/** What is known of a server that was never heard. */
export const NO_FACTS: QuicFacts = {
  answered: false,
  version: null,
  versions: null,
  alpn: null,
  alpn_offered: [],
  retry: null,
  cipher_suite: null,
  group: null,
  certificate: null,
  transport_parameters: null,
};

/** A check of QUIC that was not made. */
export function withoutQuic(check: CheckJson): QuicCheckJson {
  return { ...check, ...NO_FACTS };
}

/** A check of multipath QUIC that came to no connection. */
export function withoutPaths(check: CheckJson): MpquicCheckJson {
  return { ...check, max_path_id: null, code_points: null, drafts_offered: [], ways: [], ways_skipped: null };
}

/** What follows for several paths from a handshake that failed. */
export function pathsWithoutQuic({ status, reason, detail }: QuicCheckJson): MpquicCheckJson {
  const words = reason ?? "there is no QUIC";
  return withoutPaths(
    status === "no"
      ? { status, reason: words, ms: null, detail, paths: [] }
      : unknownCheck(words, detail?.error ?? null),
  );
}

/** A check of QUIC that could not be made. */
export function unprobed(reason: string): CheckedQuic {
  const check = unknownCheck(reason);
  return { check: withoutQuic(check), multipath: withoutPaths(check), interface: null, fix: null };
}

/** A check of several paths that nobody asked for. */
export const PATHS_NOT_ASKED: MpquicCheckJson = withoutPaths(skippedCheck("it was not asked for"));

/** A check of QUIC that nobody asked for. */
export const QUIC_NOT_ASKED: CheckedQuic = {
  check: withoutQuic(skippedCheck("it was not asked for")),
  multipath: PATHS_NOT_ASKED,
  interface: null,
  fix: null,
};
