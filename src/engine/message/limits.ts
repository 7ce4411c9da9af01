/**
 * Bounds of one message. They are far above what calls with STIR/SHAKEN, History-Info and SIPREC
 * metadata need, and keep one hostile message from costing memory or time.
 */

/** Start line, headers and body together. */
export const MAX_MESSAGE_BYTES = 65_536;
/** Header lines, folded ones counted once. */
export const MAX_HEADERS = 256;
/** One header value after unfolding, or the start line, in characters. */
export const MAX_LINE_CHARS = 8_192;
/** Largest CSeq and RSeq number: RFC 3261 §8.1.1.5, RFC 3262 §3. */
export const MAX_SEQUENCE = 2 ** 31 - 1;
/** Largest delta-seconds: RFC 3261 §20.19. */
export const MAX_DELTA_SECONDS = 2 ** 32 - 1;
