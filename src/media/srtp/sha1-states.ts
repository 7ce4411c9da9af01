const BLOCK = 64;
/** RFC 3174 §6.1. */
const START = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);

/**
 * The states of SHA-1 after the two blocks that every HMAC with this key begins with (RFC 2104 §4), five
 * words each. `digest` gives the state after one more block.
 */
export function hmacStates(
  key: Uint8Array,
  digest: (state: Int32Array, block: Uint8Array) => Int32Array,
): { readonly inner: Int32Array; readonly outer: Int32Array } {
  const padded = (mask: number): Uint8Array => {
    const block = new Uint8Array(BLOCK).fill(mask);
    key.forEach((octet, i) => {
      block[i] = octet ^ mask;
    });
    return block;
  };
  return { inner: digest(START, padded(0x36)), outer: digest(START, padded(0x5c)) };
}
