import type { QuicOptions } from "../lib/quic/mod.ts";

/** What the environment says about QUIC connections: `QLOGDIR` and `SSLKEYLOGFILE`, as other programs have them. */
export type QuicEnvironment = Pick<QuicOptions, "qlog" | "keyLog">;

/** Reads the environment. Without the permission for that there is nothing in it. */
export function quicEnvironment(): QuicEnvironment {
  const folder = variable("QLOGDIR");
  const file = variable("SSLKEYLOGFILE");
  return {
    ...(folder === undefined ? {} : { qlog: folder }),
    ...(file === undefined
      ? {}
      : { keyLog: (line: string) => Deno.writeTextFileSync(file, `${line}\n`, { append: true }) }),
  };
}

function variable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  const value = Deno.env.get(name);
  return value === "" ? undefined : value;
}
