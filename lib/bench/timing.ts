/** How long the server may take to answer a small request, in milliseconds. */
export const ANSWER_MS = 5000;
