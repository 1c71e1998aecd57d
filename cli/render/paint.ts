/** Puts colour on words, or leaves them alone, and knows where a line ends. */
export interface Painter {
  /** How wide a line may be: as the terminal, or `Infinity` where there is none. */
  readonly columns: number;
  readonly ok: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly fail: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** A painter; with `enabled` false its output is its input. */
export function painter(enabled: boolean, columns: number = Infinity): Painter {
  const style = (open: number, close: number) => (text: string): string =>
    enabled ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return {
    columns,
    ok: style(32, 39),
    warn: style(33, 39),
    fail: style(31, 39),
    dim: style(2, 22),
    bold: style(1, 22),
  };
}

/** No colours. */
export const PLAIN: Painter = painter(false);
