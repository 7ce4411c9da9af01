import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Cancel, Clock } from '../core';
import type { Endpoint } from '../media';
import type { VoiceCodec } from './codec';

/** Samples of a 20 ms frame at 8 kHz. */
const FRAME_SAMPLES = 160;
const FRAME_MS = 20;
const RTP_HEADER_BYTES = 12;
/** Open questions of a voice that never hears anything must not hold memory: ten minutes. */
const HEARD_LIMIT_FRAMES = 30_000;

export interface VoiceStats {
  readonly sent: number;
  readonly received: number;
  /** Expected by sequence number minus received. */
  readonly lost: number;
}

/**
 * What a phone's handset does: speaks 8 kHz PCM as RTP, a frame every 20 ms by a monotonic deadline
 * (silence between sentences), and keeps what it hears on the sender's timeline.
 */
export class Voice {
  readonly #frames: Array<{ timestamp: number; samples: Int16Array }> = [];
  readonly #queue: Int16Array[] = [];
  #cancel: Cancel | undefined;
  #sent = 0;
  #received = 0;
  #firstSequence: number | undefined;
  #lastSequence = 0;
  #cycles = 0;

  private constructor(
    private readonly rtp: Socket,
    private readonly rtcp: Socket,
    readonly local: Endpoint,
    private readonly clock: Clock,
  ) {
    rtp.on('message', (packet) => this.#hear(packet));
    // A peer that hangs up first closes its port; what the kernel says of that is of no interest.
    rtp.on('error', () => undefined);
    rtcp.on('error', () => undefined);
  }

  /** Binds an even port and the odd one above it on `address`. */
  static async open(address: string, clock: Clock): Promise<Voice> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const rtp = await bind(address, 0);
      const port = rtp.address().port;
      const rtcp =
        port % 2 === 0 ? await bind(address, port + 1).catch(() => undefined) : undefined;
      if (rtcp) return new Voice(rtp, rtcp, { address, rtpPort: port, rtcpPort: port + 1 }, clock);
      rtp.close();
    }
    throw new Error(`no free even and odd port pair on ${address}`);
  }

  /** Sends frames to `remote` from now on, one every 20 ms, until `close`. */
  start(remote: Endpoint, codec: VoiceCodec): void {
    this.#cancel?.();
    const ssrc = Math.floor(Math.random() * 2 ** 32);
    let sequence = Math.floor(Math.random() * 2 ** 16);
    let timestamp = Math.floor(Math.random() * 2 ** 32);
    let deadline = this.clock.now();
    let marker = 0x80;
    const beat = (): void => {
      const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + FRAME_SAMPLES);
      packet[0] = 0x80;
      packet[1] = marker | codec.payloadType;
      packet.writeUInt16BE(sequence, 2);
      packet.writeUInt32BE(timestamp, 4);
      packet.writeUInt32BE(ssrc, 8);
      packet.set(codec.encode(this.#queue.shift() ?? SILENCE), RTP_HEADER_BYTES);
      this.rtp.send(packet, remote.rtpPort, remote.address, () => undefined);
      this.#sent++;
      marker = 0;
      sequence = (sequence + 1) & 0xffff;
      timestamp = (timestamp + FRAME_SAMPLES) >>> 0;
      deadline += FRAME_MS;
      this.#cancel = this.clock.after(Math.max(0, deadline - this.clock.now()), beat);
    };
    this.#decode = codec.decode;
    beat();
  }

  /** Queues speech (8 kHz); resolves when its last frame has left. */
  say(samples: Int16Array): Promise<void> {
    for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
      const frame = new Int16Array(FRAME_SAMPLES);
      frame.set(samples.subarray(at, at + FRAME_SAMPLES));
      this.#queue.push(frame);
    }
    const remaining = this.#queue.length * FRAME_MS;
    return new Promise((resolve) => this.clock.after(remaining, resolve));
  }

  /** What came in, 8 kHz, on the sender's timeline; silence where nothing came. */
  heard(): Int16Array {
    const first = this.#frames[0];
    if (!first) return new Int16Array(0);
    const offsets = this.#frames.map((frame) => (frame.timestamp - first.timestamp) | 0);
    const end = Math.max(...offsets) + FRAME_SAMPLES;
    const out = new Int16Array(Math.min(end, HEARD_LIMIT_FRAMES * FRAME_SAMPLES));
    this.#frames.forEach((frame, index) => {
      const offset = offsets[index] ?? -1;
      if (offset >= 0 && offset + frame.samples.length <= out.length)
        out.set(frame.samples, offset);
    });
    return out;
  }

  stats(): VoiceStats {
    const expected =
      this.#firstSequence === undefined
        ? 0
        : this.#cycles + this.#lastSequence - this.#firstSequence + 1;
    return { sent: this.#sent, received: this.#received, lost: expected - this.#received };
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.rtp.close();
    this.rtcp.close();
  }

  #decode: ((payload: Uint8Array) => Int16Array) | undefined;

  #hear(packet: Buffer): void {
    if (packet.length < RTP_HEADER_BYTES || (packet[0] ?? 0) >> 6 !== 2) return;
    const sequence = packet.readUInt16BE(2);
    if (this.#firstSequence === undefined) this.#firstSequence = sequence;
    else if (sequence < 0x4000 && this.#lastSequence > 0xc000) this.#cycles += 0x10000;
    this.#lastSequence = sequence;
    this.#received++;
    if (!this.#decode || this.#frames.length >= HEARD_LIMIT_FRAMES) return;
    const samples = this.#decode(packet.subarray(RTP_HEADER_BYTES));
    this.#frames.push({ timestamp: packet.readUInt32BE(4), samples });
  }
}

const SILENCE = new Int16Array(FRAME_SAMPLES);

function bind(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
