import type { ConnectionConfig } from "../../../../lib/quic/connection/config.ts";
import { Qlog } from "../../../../lib/quic/qlog/qlog.ts";
import { checkFile, type QlogRecord } from "../qlog/schema.ts";

/** A log in memory, for the configuration of an end. */
export class Log {
  text = "";

  get config(): Partial<ConnectionConfig> {
    return {
      qlog: (side, originalDestination, startUs) =>
        new Qlog({ write: (record) => this.text += record, side, originalDestination, startUs }),
    };
  }

  /** Its events, which are as the schema says. */
  get events(): readonly QlogRecord[] {
    return checkFile(this.text);
  }

  /** The data of all events of a name. */
  all(name: string): readonly { readonly [field: string]: unknown }[] {
    return this.events.filter((event) => event.name === `quic:${name}`).map(({ data }) => data!);
  }
}
