import { closingCases } from "./compliance_closing.ts";
import { connectCases } from "./compliance_connect.ts";
import { abortCases } from "./compliance_abort.ts";
import { streamCases } from "./compliance_stream.ts";
import type { Case, TransportUnderTest } from "./compliance_support.ts";
import { requires } from "../../support/requires.ts";

export type { TransportUnderTest } from "./compliance_support.ts";

/** Everything that every transport has to do, as tests that are not registered yet. */
export function complianceCases(transport: TransportUnderTest): readonly Case[] {
  return [connectCases, streamCases, closingCases, abortCases].flatMap((cases) => cases(transport));
}

/**
 * Registers the tests that every transport has to pass.
 *
 * @param name What the tests are called after.
 * @param transport How to connect and listen, and what this transport cannot do.
 * @param options Whether to leave out what takes long: it is run with another backend.
 */
export function complianceSuite(
  name: string,
  transport: TransportUnderTest,
  options: { readonly short?: boolean } = {},
): void {
  const requirement = requires(...transport.needs);
  const isLong = ({ claim }: Case): boolean => /100000000 bytes|200 connections|blocks a writer/.test(claim);
  for (const each of complianceCases(transport)) {
    if (options.short === true && isLong(each)) continue;
    Deno.test({ name: `${name} ${each.claim}`, ...requirement, fn: each.run });
  }
}
