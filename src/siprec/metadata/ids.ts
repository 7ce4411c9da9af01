/**
 * RFC 7865 §6.10: the sixteen bytes of a UUID in base64. Our own ids are UUIDs; an id that is none
 * is a mistake of the caller.
 */
export function base64OfUuid(uuid: string): string {
  const hex = uuid.split('-').join('');
  if (hex.length !== 32 || BYTES.write(hex, 'hex') !== 16) {
    throw new TypeError(`not a UUID: ${uuid}`);
  }
  return BYTES.toString('base64');
}

/** Room for one id, which a document is full of. */
const BYTES = Buffer.alloc(16);

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
