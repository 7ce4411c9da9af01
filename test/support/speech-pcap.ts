import { encodePcmu } from '../../src/media';

const FRAME = 160;
const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;
const RTP = 12;

/**
 * A capture (classic pcap, Ethernet) of one RTP stream that says `samples` (8 kHz) in PCMU at 20 ms:
 * what SIPp's `play_pcap_audio` plays. Addresses and ports are SIPp's to replace. While a key is pressed, its
 * telephone event (RFC 4733, payload type 101) stands in the place of speech.
 */
export function speechPcap(samples: Int16Array, presses: readonly Press[] = []): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const packets: Buffer[] = [header];
  for (let index = 0; (index + 1) * FRAME <= samples.length; index++) {
    const press = presses.find(({ frame }) => index >= frame && index < frame + PRESS_FRAMES);
    const spoken = encodePcmu(samples.subarray(index * FRAME, (index + 1) * FRAME));
    for (const part of press ? eventParts(press, index) : [{ payload: spoken }]) {
      packets.push(record(packets.length - 1, index, part));
    }
  }
  return Buffer.concat(packets);
}

/** A key, pressed for 100 ms from this frame of speech on. */
export interface Press {
  readonly digit: string;
  readonly frame: number;
}

/** Frames of speech in whose place a press is. */
export const PRESS_FRAMES = 5;
/** Payload type of telephone events. */
export const EVENT = 101;

interface Part {
  readonly payload: Uint8Array;
  /** Of a press: the frame at which it began. */
  readonly begun?: number;
}

/** What a frame of a press consists of: its last one comes three times. */
export function eventParts({ digit, frame }: Press, index: number): readonly Part[] {
  const last = index === frame + PRESS_FRAMES - 1;
  const duration = (index - frame + 1) * FRAME;
  const event = '0123456789*#'.indexOf(digit);
  const payload = Buffer.from([event, (last ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]);
  const part = { payload, begun: frame };
  return last ? [part, part, part] : [part];
}

function record(number: number, index: number, { payload, begun }: Part): Buffer {
  const length = ETHERNET + IPV4 + UDP + RTP + payload.length;
  const packet = Buffer.alloc(16 + length);
  const ms = index * 20;
  packet.writeUInt32LE(Math.floor(ms / 1000), 0);
  packet.writeUInt32LE((ms % 1000) * 1000, 4);
  packet.writeUInt32LE(length, 8);
  packet.writeUInt32LE(length, 12);
  const frame = packet.subarray(16);
  frame.writeUInt16BE(0x0800, 12);
  const ip = frame.subarray(ETHERNET);
  ip[0] = 0x45;
  ip.writeUInt16BE(length - ETHERNET, 2);
  ip[8] = 64;
  ip[9] = 17;
  ip.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
  const udp = ip.subarray(IPV4);
  udp.writeUInt16BE(6000, 0);
  udp.writeUInt16BE(6000, 2);
  udp.writeUInt16BE(UDP + RTP + payload.length, 4);
  const rtp = udp.subarray(UDP);
  rtp[0] = 0x80;
  rtp[1] = (number === 0 || index === begun ? 0x80 : 0) | (begun === undefined ? 0 : EVENT);
  rtp.writeUInt16BE(1000 + number, 2);
  rtp.writeUInt32BE(16_000 + (begun ?? index) * FRAME, 4);
  rtp.writeUInt32BE(0x1234abcd, 8);
  rtp.set(payload, RTP);
  return packet;
}
