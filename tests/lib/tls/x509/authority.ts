import { output, run } from "../../../support/command.ts";

/** An issued certificate. */
export interface Issued {
  readonly name: string;
  readonly der: Uint8Array;
}

export interface IssueOptions {
  /** Who signs; without it the certificate signs itself. */
  readonly by?: string;
  /** Lines of extensions for openssl. */
  readonly extensions: readonly string[];
  readonly days?: number;
  readonly digest?: string;
  /** Arguments of `openssl genpkey`. */
  readonly key?: readonly string[];
}

const P256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

/** The extensions of a usual authority and a usual server. */
export const CA: readonly string[] = [
  "basicConstraints=critical,CA:TRUE",
  "keyUsage=critical,keyCertSign,cRLSign",
];
export const SERVER: readonly string[] = [
  "basicConstraints=CA:FALSE",
  "keyUsage=digitalSignature",
  "extendedKeyUsage=serverAuth",
  "subjectAltName=DNS:server.example,DNS:*.wild.example,IP:192.0.2.1,IP:2001:db8::1",
];

/** Certificates made by openssl, in a folder of their own; needs `tool:openssl`. */
export class Authority implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<Authority> {
    return new Authority(await Deno.makeTempDir());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  async issue(name: string, options: IssueOptions): Promise<Issued> {
    const path = (file: string): string => `${this.#folder}/${file}`;
    await output(["openssl", "genpkey", ...(options.key ?? P256), "-out", path(`${name}.key`)]);
    await Deno.writeTextFile(path(`${name}.ext`), options.extensions.join("\n") + "\n");
    await output([
      "openssl",
      "req",
      "-new",
      "-subj",
      `/CN=${name}`,
      "-key",
      path(`${name}.key`),
      "-out",
      path("req"),
    ]);
    const signer = options.by === undefined
      ? ["-signkey", path(`${name}.key`)]
      : ["-CA", path(`${options.by}.pem`), "-CAkey", path(`${options.by}.key`), "-CAcreateserial"];
    await output([
      ...["openssl", "x509", "-req", "-in", path("req"), "-extfile", path(`${name}.ext`)],
      ...["-days", String(options.days ?? 30), `-${options.digest ?? "sha256"}`, ...signer],
      ...["-out", path(`${name}.pem`)],
    ]);
    await output([
      "openssl",
      "x509",
      "-in",
      path(`${name}.pem`),
      "-outform",
      "DER",
      "-out",
      path(`${name}.der`),
    ]);
    return { name, der: await Deno.readFile(path(`${name}.der`)) };
  }

  /** Where a file of it stands, such as `root.pem`. */
  path(file: string): string {
    return `${this.#folder}/${file}`;
  }

  /** A certificate in PEM. */
  pem(name: string): Promise<string> {
    return Deno.readTextFile(this.path(`${name}.pem`));
  }

  /** The key of a certificate in PEM. */
  keyPem(name: string): Promise<string> {
    return Deno.readTextFile(this.path(`${name}.key`));
  }

  /** What `openssl verify` says of a chain. */
  async opensslAccepts(
    chain: readonly Issued[],
    roots: readonly Issued[],
    atMs: number,
    host?: string,
  ): Promise<boolean> {
    const path = ({ name }: Issued): string => `${this.#folder}/${name}.pem`;
    const [leaf, ...others] = chain;
    const isAddress = host !== undefined && /^[0-9.]+$|:/.test(host);
    const result = await run([
      ...["openssl", "verify", "-no-CApath", "-no-CAfile", "-partial_chain", "-purpose", "sslserver"],
      ...["-attime", String(Math.floor(atMs / 1000))],
      ...(host === undefined ? [] : [isAddress ? "-verify_ip" : "-verify_hostname", host]),
      ...roots.flatMap((root) => ["-trusted", path(root)]),
      ...others.flatMap((other) => ["-untrusted", path(other)]),
      path(leaf!),
    ]);
    return result.code === 0;
  }
}
