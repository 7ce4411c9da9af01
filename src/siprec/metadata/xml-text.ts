/** Text without what XML 1.0 §2.2 has no place for: control characters, lone surrogates, U+FFFE. */
export function xmlText(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
}

/** Where nobody is known: RFC 3323 §4.1.1.3. */
const ANONYMOUS = 'sip:anonymous@anonymous.invalid';

/**
 * An address of record as `xs:anyURI`. What a URI cannot hold there (RFC 3986 §2, §3.3) is percent-encoded:
 * also `#`, which in a number is a digit and begins no fragment; the brackets of an IPv6 address, which
 * RFC 3986 knows in an authority only, and a SIP URI has none; and colons where no scheme is.
 */
export function anyUri(aor: string): string {
  const trimmed = aor.trim();
  if (trimmed === '') return ANONYMOUS;
  const encoded = trimmed
    .replace(/%(?![0-9A-Fa-f]{2})/g, '%25')
    .replace(/[^!$%&'()*+,\-./0-9:;=?@A-Z_a-z~]/gu, percentEncoded);
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(encoded) ? encoded : encoded.replaceAll(':', '%3A');
}

function percentEncoded(character: string): string {
  let encoded = '';
  for (const byte of Buffer.from(character, 'utf8')) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
