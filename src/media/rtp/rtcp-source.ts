/**
 * Bodies of the RTCP packets about sources: SDES (RFC 3550 §6.5) and BYE (§6.6). Own code, because
 * werift-rtp leaves out the null octet that must end a chunk and has no BYE.
 */

const CNAME = 1;

interface Source {
  readonly ssrc: number;
  readonly cname: string | undefined;
}

/** The chunks of an SDES body, as many as are whole. */
export function parseSdes(body: Buffer, count: number): Source[] {
  const sources: Source[] = [];
  let at = 0;
  while (sources.length < count && at + 4 <= body.length) {
    const ssrc = body.readUInt32BE(at);
    let cname: string | undefined;
    at += 4;
    while (at + 2 <= body.length && body[at] !== 0) {
      const end = at + 2 + body[at + 1]!;
      if (end > body.length) return sources;
      if (body[at] === CNAME) cname = body.toString('utf8', at + 2, end);
      at = end;
    }
    // One to four null octets end the list and bring the chunk to a 32-bit boundary.
    at = (at + 4) & ~3;
    sources.push({ ssrc, cname });
  }
  return sources;
}

export function buildSdes(sources: readonly Source[]): Buffer {
  return Buffer.concat(
    sources.map(({ ssrc, cname }) => {
      const text = Buffer.from(cname ?? '').subarray(0, 255);
      const items = cname === undefined ? 0 : 2 + text.length;
      const chunk = Buffer.alloc((4 + items + 4) & ~3);
      chunk.writeUInt32BE(ssrc);
      if (cname !== undefined) {
        chunk[4] = CNAME;
        chunk[5] = text.length;
        text.copy(chunk, 6);
      }
      return chunk;
    }),
  );
}

/** The sources that leave. The body holds at least `count` of them. */
export function parseBye(body: Buffer, count: number): number[] {
  return Array.from({ length: count }, (_, i) => body.readUInt32BE(4 * i));
}

export function buildBye(ssrcs: readonly number[]): Buffer {
  const body = Buffer.alloc(4 * ssrcs.length);
  ssrcs.forEach((ssrc, i) => {
    body.writeUInt32BE(ssrc, 4 * i);
  });
  return body;
}
