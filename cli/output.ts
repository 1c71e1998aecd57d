import type { CommonOptions } from "./common_options.ts";
import { EXIT } from "./exit_codes.ts";
import { type Painter, painter } from "./render/paint.ts";

/** Ten times a second is as fast as people read, and costs the measurement nothing. */
const REDRAW_MS = 100;

/** Another program may have made the pipe or the terminal non-blocking: when it is full, how long to wait for room. */
const FULL_PAUSE_MS = 5;

/** PIPE_BUF of Linux: a pipe takes so much as a whole or not at all, where Deno would not tell how much it took. */
const PIECE_BYTES = 4096;

/** A text for a program or a file is so wide; no text gets wider than the other one. */
const USUAL_COLUMNS = 80;
const MAX_COLUMNS = 200;

/** Where a command's words go: the answer to stdout, the story to stderr. */
export class Output {
  readonly options: CommonOptions;
  /** Colours for stdout, and its width. */
  readonly paint: Painter;
  /** True when somebody looks at stderr while it is written. */
  readonly live: boolean;
  #status = 0;
  #shownAtMs = -Infinity;

  constructor(options: CommonOptions) {
    this.options = options;
    this.paint = painter(
      wantsColor(options.color, Deno.stdout),
      Deno.stdout.isTerminal() ? consoleColumns() : Infinity,
    );
    this.live = !options.quiet && Deno.stderr.isTerminal();
  }

  /** True when people read stdout, false when a program does. */
  get human(): boolean {
    return !this.options.json && !this.options.ndjson;
  }

  /** A text on stdout. */
  answer(text: string): void {
    print(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** One event as a line of JSON, with --ndjson. */
  event(event: object): void {
    if (this.options.ndjson) this.answer(JSON.stringify({ time: new Date().toISOString(), ...event }));
  }

  /** A remark on stderr that stays. */
  note(text: string): void {
    if (this.options.quiet) return;
    this.clearStatus();
    writeStderr(`${text}\n`);
  }

  /** An error on stderr: shown even with --quiet. */
  error(text: string): void {
    this.clearStatus();
    writeStderr(`${text}\n`);
  }

  /** Lines on stderr that replace the ones before; on a terminal only. */
  status(lines: readonly string[]): void {
    const now = performance.now();
    if (!this.live || now - this.#shownAtMs < REDRAW_MS) return;
    this.#shownAtMs = now;
    const columns = consoleColumns();
    const cut = lines.map((line) => line.length > columns ? line.slice(0, columns) : line);
    const up = this.#status > 0 ? `\x1b[${this.#status}A\r` : "";
    writeStderr(`${up}${cut.map((line) => `\r\x1b[K${line}\n`).join("")}\x1b[J`);
    this.#status = cut.length;
  }

  /** Takes the status lines away. */
  clearStatus(): void {
    if (this.#status === 0) return;
    writeStderr(`\x1b[${this.#status}A\r\x1b[J`);
    this.#status = 0;
  }
}

/** Writes to stdout. What cannot be written ends the program. */
export function print(text: string): void {
  try {
    write(Deno.stdout, text);
  } catch (error) {
    notPrinted(error);
  }
}

/** Ends the program, whose answer has nowhere to go. Thrown from a callback of the library, this would end nothing. */
export function notPrinted(error: unknown): never {
  // The reader has what it wanted.
  if (error instanceof Deno.errors.BrokenPipe) Deno.exit(EXIT.ok);
  writeStderr(`mpt: Cannot print the answer: ${error instanceof Error ? error.message : String(error)}\n`);
  Deno.exit(EXIT.untestable);
}

function consoleColumns(): number {
  try {
    const { columns } = Deno.consoleSize();
    // A terminal that does not know its size says 0.
    return columns === 0 ? 79 : Math.max(20, columns - 1);
  } catch {
    return 79;
  }
}

/** How wide texts on stdout may be: the terminal, `COLUMNS`, or what is usual. */
export function stdoutColumns(): number {
  const wanted = Number(env("COLUMNS"));
  if (Number.isInteger(wanted) && wanted > 0) return Math.min(MAX_COLUMNS, wanted);
  return Deno.stdout.isTerminal() ? Math.min(MAX_COLUMNS, consoleColumns()) : USUAL_COLUMNS;
}

function wantsColor(choice: CommonOptions["color"], stream: { isTerminal(): boolean }): boolean {
  switch (choice) {
    case "always":
      return true;
    case "never":
      return false;
    case "auto":
      // https://no-color.org: set and not empty
      return stream.isTerminal() && !env("NO_COLOR") && env("TERM") !== "dumb";
  }
}

function env(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    // Without --allow-env nobody can ask for or against colours this way.
    return undefined;
  }
}

function writeStderr(text: string): void {
  try {
    write(Deno.stderr, text);
  } catch {
    // Nobody reads the story; the answer still counts.
  }
}

const encoder = new TextEncoder();

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = encoder.encode(text);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += stream.writeSync(bytes.subarray(sent, sent + PIECE_BYTES));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PAUSE_MS);
    }
  }
}
