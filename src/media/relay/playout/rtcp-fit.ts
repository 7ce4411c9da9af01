import type { Splice } from './splice';

const HEADER = 4;
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const FEEDBACK = [205, 206];
const REPORT_BLOCK = 24;

/**
 * Makes RTCP true of streams that are no longer what their senders sent. `heard` is the stream that the
 * receiver of this datagram hears: the sender's reports of it get our SSRC, timestamps and counts.
 * `said` is the stream that the receiver of this datagram speaks into: what is reported of it is
 * told in the speaker's own numbers. Writes in place; stops where the datagram contradicts itself.
 */
export function fitRtcp(
  bytes: Buffer,
  offset: number,
  length: number,
  heard: Splice | undefined,
  said: Splice | undefined,
): void {
  const end = offset + length;
  for (let at = offset; at + 2 * HEADER <= end; ) {
    const type = bytes[at + 1]!;
    const next = at + HEADER + 4 * bytes.readUInt16BE(at + 2);
    if (next > end || next < at + 2 * HEADER) return;
    const blocks = bytes[at]! & 0x1f;
    if (heard?.altered) fitSender(bytes, at, next, type, heard);
    if (said?.altered) {
      if (type === SENDER_REPORT) fitBlocks(bytes, at + 28, next, blocks, said);
      else if (type === RECEIVER_REPORT) fitBlocks(bytes, at + 8, next, blocks, said);
      else if (FEEDBACK.includes(type) && at + 12 <= next) fitSource(bytes, at + 8, said);
    }
    at = next;
  }
}

/** Every kind of RTCP packet begins with the SSRC of who sends it, or speaks of. */
function fitSender(bytes: Buffer, at: number, next: number, type: number, heard: Splice): void {
  if (bytes.readInt32BE(at + 4) !== heard.liveSsrc) return;
  bytes.writeInt32BE(heard.ssrc, at + 4);
  if (type !== SENDER_REPORT || at + 28 > next) return;
  add(bytes, at + 16, heard.timestampOffset);
  add(bytes, at + 20, heard.packetsAdded);
  add(bytes, at + 24, heard.octetsAdded);
}

function fitBlocks(bytes: Buffer, first: number, next: number, count: number, said: Splice): void {
  for (let i = 0, at = first; i < count && at + REPORT_BLOCK <= next; i++, at += REPORT_BLOCK) {
    if (!fitSource(bytes, at, said)) continue;
    // The cycles above it stay: they are the listener's own count.
    const highest = (bytes.readUInt16BE(at + 10) - said.sequenceOffset) & 0xffff;
    bytes.writeUInt16BE(highest, at + 10);
  }
}

function fitSource(bytes: Buffer, at: number, said: Splice): boolean {
  if (bytes.readInt32BE(at) !== said.ssrc || said.liveSsrc === undefined) return false;
  bytes.writeInt32BE(said.liveSsrc, at);
  return true;
}

function add(bytes: Buffer, at: number, difference: number): void {
  bytes.writeInt32BE((bytes.readInt32BE(at) + difference) | 0, at);
}
