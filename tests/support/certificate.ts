import { run } from "./command.ts";

/** A self-signed certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for `localhost`; needs `tool:openssl`. */
export async function selfSigned(): Promise<Certificate> {
  const folder = await Deno.makeTempDir();
  try {
    const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
    const result = await run([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
    ]);
    if (result.code !== 0) throw new Error(`Cannot make a certificate: ${result.stderr}`);
    return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
