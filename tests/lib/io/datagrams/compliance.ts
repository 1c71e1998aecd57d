import { requires } from "../../../support/requires.ts";
import { exchangeCases } from "./compliance_exchange.ts";
import { faultCases } from "./compliance_faults.ts";
import { featureCases } from "./compliance_features.ts";
import { waitingCases } from "./compliance_waiting.ts";
import type { BackendUnderTest, Case } from "./support.ts";

/** Everything that every datagram socket has to do, as tests that are not registered yet. */
export function datagramCases(under: BackendUnderTest): readonly Case[] {
  return [exchangeCases, featureCases, faultCases, waitingCases].flatMap((cases) => cases(under));
}

/**
 * Registers the tests that every datagram socket has to pass.
 *
 * @param name What the tests are called after.
 * @param under The backend, and that of the other end.
 */
export function datagramSuite(name: string, under: BackendUnderTest): void {
  const requirement = requires(...under.needs);
  for (const each of datagramCases(under)) {
    Deno.test({ name: `${name} ${each.claim}`, ...requirement, fn: each.run });
  }
}
