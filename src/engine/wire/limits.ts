/** Largest frame taken from an application that has authenticated, bytes. */
export const MAX_FRAME_BYTES = 1_048_576;
/** Before it has: enough for `authenticate` with its secret and tags. */
export const MAX_STRANGER_FRAME_BYTES = 4_096;
/** How long a connection may take to authenticate. */
export const AUTHENTICATE_WITHIN_MS = 10_000;
/** An application that reads so far behind, bytes, is not alive. */
export const MAX_UNREAD_BYTES = 64 * 1_048_576;
export const MAX_CONNECTIONS = 512;
export const KEEPALIVE_MS = 45_000;
