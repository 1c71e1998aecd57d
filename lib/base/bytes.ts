// One import for everything that takes bytes apart or puts them together.
export { ByteReader } from "./byte_reader.ts";
export { ByteWriter } from "./byte_writer.ts";
export { fromHex, toHex } from "./hex.ts";
