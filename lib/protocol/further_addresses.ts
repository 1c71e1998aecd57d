import { Endpoint } from "../base/endpoint.ts";
import type { CheckAnswer } from "./check.ts";

/** More addresses than any honest server has. */
const MAX_ADDRESSES = 8;

/** The other addresses where a server says that it can be reached. What it says of itself need not make sense. */
export function furtherAddresses(server: Pick<CheckAnswer, "addresses"> | null): readonly Endpoint[] {
  return (server?.addresses ?? []).slice(0, MAX_ADDRESSES).flatMap((text) => {
    try {
      const endpoint = Endpoint.parse(text);
      return endpoint.ip === undefined || endpoint.port === undefined ? [] : [endpoint];
    } catch {
      return [];
    }
  });
}
