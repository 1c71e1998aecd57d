import { MptError } from "../../base/errors.ts";
import type { ConnectionConfig } from "../connection/config.ts";
import { Qlog } from "../qlog/qlog.ts";

/** What is gathered before it is written, in characters. */
const BLOCK_CHARACTERS = 65_536;

/**
 * Logs each connection into a file of its own, `<id>_<client|server>.sqlog`, where the id is the one that both ends
 * name the connection by.
 *
 * @throws {MptError} `ERR_PERMISSION` or `ERR_INVALID_VALUE` if the folder is not there and cannot be made.
 */
export function qlogFiles(folder: string): NonNullable<ConnectionConfig["qlog"]> {
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw folderError(folder, error);
  }
  return (side, originalDestination, startUs) => {
    const file = new LogFile(`${folder}/${originalDestination}_${side}.sqlog`);
    return new Qlog({
      write: (record) => file.write(record),
      end: () => file.flush(),
      side,
      originalDestination,
      startUs,
      startedAt: new Date().toISOString(),
      vantagePoint: "mpt",
    });
  };
}

/** A file that is written in blocks. One that cannot be written any more is left as it is: logs are not the job. */
class LogFile {
  readonly #path: string;
  #text = "";
  #failed = false;

  constructor(path: string) {
    this.#path = path;
  }

  write(record: string): void {
    if (this.#failed) return;
    this.#text += record;
    if (this.#text.length >= BLOCK_CHARACTERS) this.flush();
  }

  flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text === "" || this.#failed) return;
    try {
      Deno.writeTextFileSync(this.#path, text, { append: true });
    } catch {
      this.#failed = true;
    }
  }
}

function folderError(folder: string, error: unknown): MptError {
  if (error instanceof Deno.errors.NotCapable) {
    return new MptError(
      "ERR_PERMISSION",
      `Cannot write qlog to ${folder}: run again with --allow-write=${folder}`,
      { cause: error, fix: `--allow-write=${folder}` },
    );
  }
  return new MptError(
    "ERR_INVALID_VALUE",
    `Cannot write qlog to ${folder}: it is no folder that can be made`,
    {
      cause: error,
    },
  );
}
