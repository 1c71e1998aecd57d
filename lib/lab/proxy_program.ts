import { TcpProxy } from "./tcp_proxy.ts";

/**
 * The TCP proxy of a lab's router as a program of its own. It prints `listening PORT PORT`, the ports for
 * IPv4 and IPv6, and runs until it is killed.
 */
export const PROXY_PROGRAM: string = import.meta.url;

/** The permissions of Deno that the program needs. */
export const PROXY_PERMISSIONS: readonly string[] = ["--allow-net", "--allow-ffi"];

async function main(): Promise<void> {
  await using ipv4 = new TcpProxy(4);
  await using ipv6 = new TcpProxy(6);
  await Deno.stdout.write(new TextEncoder().encode(`listening ${ipv4.port} ${ipv6.port}\n`));
  await Promise.withResolvers<never>().promise;
}

if (import.meta.main) await main();
