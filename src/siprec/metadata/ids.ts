/**
 * RFC 7865 §6.10: the sixteen bytes of a UUID in base64. Our own ids are UUIDs; an id that is none
 * is a mistake of the caller.
 */
export function base64OfUuid(uuid: string): string {
  let digits = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < uuid.length; i++) {
    const code = uuid.charCodeAt(i);
    if (code === HYPHEN) continue;
    const value = code < DIGITS.length ? DIGITS[code]! : NO_DIGIT;
    if (value === NO_DIGIT || digits === 32) throw new TypeError(`not a UUID: ${uuid}`);
    bits = (bits << 4) | value;
    // Three digits are two characters.
    if (++digits % 3 === 0) {
      TEXT[at++] = ALPHABET[(bits >> 6) & 63]!;
      TEXT[at++] = ALPHABET[bits & 63]!;
    }
  }
  if (digits !== 32) throw new TypeError(`not a UUID: ${uuid}`);
  // Two digits are left: eight bits, padded to two characters.
  TEXT[at++] = ALPHABET[(bits >> 2) & 63]!;
  TEXT[at] = ALPHABET[(bits << 4) & 63]!;
  return TEXT.toString('latin1');
}

const HYPHEN = 0x2d;
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const NO_DIGIT = 0xff;
/** The value of a hexadecimal digit, by its character code. */
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}
/** Room for one id, which a document is full of. */
const TEXT = Buffer.from('========================');

/**
 * The UUID (lower case, hyphens) behind an id in any form met in the field: base64, `urn:uuid:`, plain
 * or bare hexadecimal. Undefined for ids that are none.
 */
export function uuidOf(id: string): string | undefined {
  const plain = id.replace(/^urn:uuid:/i, '');
  const hex = /^[A-Za-z0-9+/]{22}==$/.test(plain)
    ? Buffer.from(plain, 'base64').toString('hex')
    : plain.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) return undefined;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
