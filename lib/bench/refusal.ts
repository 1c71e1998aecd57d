import { MptError } from "../base/errors.ts";
import { contentLength, type ResponseHead } from "../protocol/http1.ts";
import type { HttpClient } from "../protocol/http_client.ts";

/** As much of the server's reason as is repeated, in bytes. */
const REASON_BYTES = 300;

/** What helps where a server is full. */
const BUSY_FIX = "fewer --streams, or on the server mpt serve --max-per-address or --max-connections";

/** The error for a transfer that the server refuses, with its own words. */
export async function refusal(client: HttpClient, head: ResponseHead): Promise<MptError> {
  const data = { status: head.status };
  if (head.status === 401) {
    return new MptError("ERR_PERMISSION", "Cannot measure: the server refused the token", {
      fix: "--token TEXT",
      data,
    });
  }
  const why = await reasonOf(client, head);
  return new MptError("ERR_PROTOCOL", `Cannot start the transfer: ${why}`, {
    data,
    ...(head.status === 503 ? { fix: BUSY_FIX } : {}),
  });
}

/** Whether the server refused the transfer, so that there was none. */
export function isRefusal(error: unknown): error is MptError {
  return error instanceof MptError && error.data["status"] !== undefined;
}

/** Whether the server refused because it is full. */
export function isBusy(error: unknown): boolean {
  return isRefusal(error) && error.data["status"] === 503;
}

async function reasonOf(client: HttpClient, head: ResponseHead): Promise<string> {
  const length = Math.min(contentLength(head.headers) ?? 0, REASON_BYTES);
  const text = printable(new TextDecoder().decode(await client.reader.readExactly(length)));
  return `the server answered ${head.status} ${printable(head.reason)}${text === "" ? "" : ` (${text})`}`;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim();
}
