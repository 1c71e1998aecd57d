import type { AddressFamily, Ip } from "../../base/ip.ts";
import { discoverPrefixes, IPV4_ONLY_NAME } from "../order/nat64.ts";
import type { Prefix } from "../order/prefix.ts";
import { MAX_ADDRESSES, MAX_ALIASES, MAX_SERVICES } from "./constants.ts";
import type { RaceConfig } from "./options.ts";
import type { DnsOutcome, NetworkView, QueryType, Service } from "./values.ts";

/** A query of the race. */
export interface RaceQuery {
  readonly id: number;
  readonly name: string;
  readonly type: QueryType;
}

/** A query and what became of it. */
interface Asked extends RaceQuery {
  outcome: DnsOutcome | null;
}

/** The types that hold the addresses of a family. */
const ADDRESS_TYPE: Readonly<Record<AddressFamily, "A" | "AAAA">> = { 4: "A", 6: "AAAA" };

/**
 * What is known about the names of a race: which queries are to be sent, and what the answers say so far.
 */
export class Resolution {
  readonly #config: RaceConfig;
  #network: NetworkView;
  readonly #asked: Asked[] = [];
  /** Names whose addresses are wanted; the first is that of the target. */
  readonly #names: string[] = [];
  /** The chain of names that service records were asked for. */
  readonly #serviceNames: string[] = [];
  /** Whether the A records are wanted although IPv4 has no route (RFC 8305 7.2). */
  #lastResort = false;

  constructor(config: RaceConfig, network: NetworkView) {
    this.#config = config;
    this.#network = network;
  }

  /** The queries that have to be sent now and were not sent before, in the order of sending. */
  queries(): readonly RaceQuery[] {
    const before = this.#asked.length;
    const { target, serviceQuery } = this.#config;
    if (target.kind === "name") {
      if (this.#names.length === 0) this.#names.push(target.name);
      // draft-ietf-happy-happyeyeballs-v3 4.1: SVCB or HTTPS, AAAA, A
      if (serviceQuery !== null) this.#followAliases(serviceQuery.type, serviceQuery.name);
      for (const service of this.services()) this.#want(service.target);
      for (const name of this.#names) {
        for (const family of this.#families()) this.#ask(name, ADDRESS_TYPE[family]);
      }
    }
    // RFC 7050 3: where IPv4 has to be reached over IPv6 and the prefix is not known
    if (this.#needsPrefix()) this.#ask(IPV4_ONLY_NAME, "AAAA");
    return this.#asked.slice(before);
  }

  /** Takes an answer. False when it belongs to no query. */
  answer(id: number, outcome: DnsOutcome): boolean {
    const asked = this.#asked.find((each) => each.id === id);
    if (asked === undefined) return false;
    asked.outcome = outcome;
    return true;
  }

  /** Takes another view of the network. */
  setNetwork(network: NetworkView): void {
    this.#network = network;
  }

  /** Asks for A records as a last resort. False when that was done before, or changes nothing. */
  useLastResort(): boolean {
    const possible = !this.#lastResort && this.isIpv6Only && this.#config.target.kind === "name";
    this.#lastResort ||= possible;
    return possible;
  }

  /** Whether that has been done. */
  get lastResortUsed(): boolean {
    return this.#lastResort;
  }

  /** Whether anything has been asked yet. */
  get queried(): boolean {
    return this.#asked.length > 0;
  }

  /** Whether IPv4 has no route of its own. */
  get isIpv6Only(): boolean {
    return this.#network.ipv6 && !this.#network.ipv4;
  }

  /** The queries whose answers are still to come. */
  get pending(): readonly RaceQuery[] {
    return this.#asked.filter((each) => each.outcome === null);
  }

  /** The prefixes of NAT64: those of the network, then those that were discovered. */
  get prefixes(): readonly Prefix[] {
    const found = this.#find(IPV4_ONLY_NAME, "AAAA")?.outcome;
    const discovered = found?.kind === "addresses"
      ? discoverPrefixes(found.addresses.slice(0, MAX_ADDRESSES))
      : [];
    return this.#network.nat64.length > 0 ? this.#network.nat64 : discovered;
  }

  /** Whether a prefix of NAT64 may still be discovered. */
  get prefixPending(): boolean {
    return this.#needsPrefix() && (this.#find(IPV4_ONLY_NAME, "AAAA")?.outcome ?? null) === null;
  }

  /** Whether service records have come or will not come; only ServiceMode counts (draft 4.2.1). */
  get serviceSettled(): boolean {
    const last = this.#lastServiceQuery();
    return last === null || (last.outcome !== null && last.outcome.kind !== "alias") ||
      this.#aliasesEnd(last);
  }

  /** Why the service records could not be asked for; null when they could. */
  get serviceFailure(): string | null {
    const outcome = this.#lastServiceQuery()?.outcome;
    return outcome?.kind === "failed" ? outcome.reason : null;
  }

  /** The services that came, each with its name in full. */
  services(): readonly Service[] {
    const last = this.#lastServiceQuery();
    if (last?.outcome?.kind !== "services") return [];
    return last.outcome.services
      .filter((service) => !service.unusable)
      .toSorted((a, b) => a.priority - b.priority)
      .slice(0, MAX_SERVICES)
      // RFC 9460 2.5.2
      .map((service) => service.target === "." ? { ...service, target: last.name } : service);
  }

  /** Where a chain of aliases ended: its addresses stand for the service (RFC 9460 3); null without aliases. */
  get aliasEnd(): string | null {
    return this.#serviceNames.length > 1 ? this.#serviceNames[this.#serviceNames.length - 1] ?? null : null;
  }

  /**
   * The addresses of a family that a name has.
   *
   * @returns Null while the answer is to come; empty when there are none.
   */
  addressesOf(name: string, family: AddressFamily): readonly Ip[] | null {
    const asked = this.#find(name, ADDRESS_TYPE[family]);
    if (asked === undefined) return [];
    if (asked.outcome === null) return null;
    return asked.outcome.kind === "addresses"
      ? asked.outcome.addresses.filter((ip) => ip.family === family).slice(0, MAX_ADDRESSES)
      : [];
  }

  /** Whether every query for the addresses of a family has its answer. */
  familySettled(family: AddressFamily): boolean {
    return this.#asked.every((each) =>
      each.type !== ADDRESS_TYPE[family] || each.name === IPV4_ONLY_NAME || each.outcome !== null
    );
  }

  /** draft-ietf-happy-happyeyeballs-v3 4.2: the family that is waited for. */
  get preferredFamily(): AddressFamily {
    const { defaultRoute4, defaultRoute6, ipv6 } = this.#network;
    if (this.#config.preferredFamily !== null) return this.#config.preferredFamily;
    // RFC 8305 3 waits for AAAA whenever it was asked for
    if (this.#config.version === "hev2") return ipv6 ? 6 : 4;
    if (defaultRoute6 !== defaultRoute4) return defaultRoute6 ? 6 : 4;
    return ipv6 ? 6 : 4;
  }

  /** draft-ietf-happy-happyeyeballs-v3 4.1, RFC 8305 3: the families whose records are asked for. */
  #families(): readonly AddressFamily[] {
    const translated = this.#config.version === "hev3" ? this.prefixes.length > 0 : this.#lastResort;
    return [
      ...(this.#network.ipv6 ? [6] as const : []),
      ...(this.#network.ipv4 || (this.#network.ipv6 && translated) ? [4] as const : []),
    ];
  }

  #needsPrefix(): boolean {
    if (!this.isIpv6Only || this.#network.nat64.length > 0) return false;
    const { target, version } = this.#config;
    if (target.kind === "addresses") return target.addresses.some((ip) => ip.family === 4);
    return version === "hev3" || this.#lastResort;
  }

  #followAliases(type: "HTTPS" | "SVCB", name: string): void {
    if (this.#serviceNames.length === 0) this.#askService(name, type);
    for (;;) {
      const last = this.#lastServiceQuery();
      if (last?.outcome?.kind !== "alias" || this.#aliasesEnd(last)) return;
      this.#askService(last.outcome.target, type);
      // RFC 9460 3: the addresses at the end of the chain are wanted whether services are there or not
      this.#want(last.outcome.target);
    }
  }

  /** RFC 9460 2.5.1 and 3.1: no service, a loop, or a chain that is too long. */
  #aliasesEnd(last: Asked): boolean {
    if (last.outcome?.kind !== "alias") return false;
    const { target } = last.outcome;
    return target === "." || this.#serviceNames.includes(target) || this.#serviceNames.length > MAX_ALIASES;
  }

  #askService(name: string, type: "HTTPS" | "SVCB"): void {
    this.#serviceNames.push(name);
    this.#ask(name, type);
  }

  #lastServiceQuery(): Asked | null {
    const { serviceQuery } = this.#config;
    const name = this.#serviceNames[this.#serviceNames.length - 1];
    return serviceQuery === null || name === undefined ? null : this.#find(name, serviceQuery.type) ?? null;
  }

  #want(name: string): void {
    if (!this.#names.includes(name)) this.#names.push(name);
  }

  #ask(name: string, type: QueryType): void {
    if (this.#find(name, type) === undefined) {
      this.#asked.push({ id: this.#asked.length + 1, name, type, outcome: null });
    }
  }

  #find(name: string, type: QueryType): Asked | undefined {
    return this.#asked.find((each) => each.name === name && each.type === type);
  }
}
