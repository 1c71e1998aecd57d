/** The application protocol of those who only want streams. */
export const STREAMS_ALPN = "mpt";
