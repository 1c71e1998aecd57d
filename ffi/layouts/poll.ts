import { field, type Layout } from "./layout.ts";

/** `struct pollfd`. The events are signed in C; no event uses the sign. */
export const POLLFD_LAYOUT: Layout<"fd" | "events" | "revents"> = {
  name: "pollfd",
  size: 8,
  fields: {
    fd: field("i32", 0, "fd"),
    events: field("u16", 4, "events"),
    revents: field("u16", 6, "revents"),
  },
};

/** `struct timespec` of 64-bit systems. */
export const TIMESPEC_LAYOUT: Layout<"seconds" | "nanoseconds"> = {
  name: "timespec",
  size: 16,
  fields: {
    seconds: field("u64", 0, "tv_sec"),
    nanoseconds: field("u64", 8, "tv_nsec"),
  },
};

/** `struct iovec`: one piece of memory. */
export const IOVEC_LAYOUT: Layout<"base" | "length"> = {
  name: "iovec",
  size: 16,
  fields: {
    base: field("u64", 0, "iov_base"),
    length: field("u64", 8, "iov_len"),
  },
};
