/** The name and version of the program that made a result. */
export interface Tool {
  /** Always `mpt`. */
  readonly name: string;
  /** The version, such as `0.1.0`. */
  readonly version: string;
}

/** The name and version of this program, as they stand in every result. */
export const TOOL: Tool = Object.freeze({ name: "mpt", version: "0.1.0" });
