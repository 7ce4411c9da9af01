/** A part to send. */
export interface OutgoingPart {
  readonly type: string;
  /** Content-Disposition value, parameters included. */
  readonly disposition: string;
  readonly content: string;
}

/** The headers and the text of a body to send. */
export interface OutgoingBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One part as a plain body, more as `multipart/mixed` (RFC 7866 §9.1: required when an offer and
 * metadata travel together, optional otherwise).
 */
export function writeBody(parts: readonly OutgoingPart[]): OutgoingBody {
  const [only, ...others] = parts;
  if (only && others.length === 0) {
    return {
      headers: { 'Content-Type': only.type, 'Content-Disposition': only.disposition },
      body: only.content,
    };
  }
  const boundary = unusedBoundary(parts);
  const entities = parts.map(
    ({ type, disposition, content }) =>
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`,
  );
  return {
    headers: {
      'MIME-Version': '1.0',
      'Content-Type': `multipart/mixed;boundary=${boundary}`,
    },
    body: `${entities.join('')}--${boundary}--\r\n`,
  };
}

/** A content can hold only finitely many of the numbered boundaries, so this ends. */
function unusedBoundary(parts: readonly OutgoingPart[]): string {
  for (let n = 0; ; n++) {
    const boundary = n === 0 ? 'rs-part' : `rs-part-${n}`;
    // No closing hyphens: a content line `--rs-part-1` must not be taken for a longer `--rs-part`.
    if (!parts.some(({ content }) => content.includes(`--${boundary}`))) return boundary;
  }
}
