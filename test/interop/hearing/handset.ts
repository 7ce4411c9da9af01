import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  classify,
  DATAGRAM,
  decodePcma,
  decodePcmu,
  encodePcma,
  encodePcmu,
  G722Decoder,
  G722Encoder,
  parseRtp,
} from '../../../src/media';

/** A codec as a phone has it: 20 ms at a time, with whatever it remembers. */
export interface Spoken {
  readonly name: string;
  readonly payloadType: number;
  /** Hz of the samples. */
  readonly rate: number;
  encoder(): (frame: Int16Array) => Uint8Array;
  decoder(): (payload: Uint8Array) => Int16Array;
}

export const PCMU: Spoken = {
  name: 'PCMU',
  payloadType: 0,
  rate: 8000,
  encoder: () => encodePcmu,
  decoder: () => decodePcmu,
};
export const PCMA: Spoken = {
  name: 'PCMA',
  payloadType: 8,
  rate: 8000,
  encoder: () => encodePcma,
  decoder: () => decodePcma,
};
export const G722: Spoken = {
  name: 'G722',
  payloadType: 9,
  rate: 16_000,
  encoder: () => {
    const encoder = new G722Encoder();
    return (frame) => encoder.encode(frame);
  },
  decoder: () => {
    const decoder = new G722Decoder();
    return (payload) => decoder.decode(payload);
  },
};
/** Nobody here can speak it: two frames of 10 octets that mean nothing. */
export const G729: Spoken = {
  name: 'G729',
  payloadType: 18,
  rate: 8000,
  encoder: () => (frame) => Buffer.alloc(20, frame[0]! & 0xff),
  decoder: () => () => new Int16Array(160),
};

const FRAME_MS = 20;
/** RTP ticks of a frame; G.722 counts as if it had 8 kHz (RFC 3551 §4.5.2). */
const TICKS = 160;

interface Heard {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** Mouth and ear of a phone: says something over and over, and keeps every packet it gets. */
export class Handset {
  readonly #heard: Heard[] = [];
  #sent: Uint8Array[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(
    private readonly socket: Socket,
    readonly codec: Spoken,
  ) {
    socket.on('message', (bytes) => {
      const packet = parseRtp(bytes);
      // Reports may come to the same port.
      const isSound = classify(bytes, 0, bytes.length) === DATAGRAM.rtp;
      if (packet && isSound) this.#heard.push(packet);
    });
  }

  static async open(codec: Spoken): Promise<Handset> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Handset(socket, codec);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** A description with these formats, its own codec among them. */
  describe(codecs: readonly Spoken[] = [this.codec], direction = 'sendrecv', version = 1): string {
    return [
      'v=0',
      `o=handset 1 ${version} IN IP4 127.0.0.1`,
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} RTP/AVP ${codecs.map((codec) => codec.payloadType).join(' ')} 101`,
      ...codecs.map((codec) => `a=rtpmap:${codec.payloadType} ${codec.name}/8000`),
      'a=rtpmap:101 telephone-event/8000',
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** Says `samples`, at the codec's rate, over and over to this port from now on. */
  speak(samples: Int16Array, port: number): void {
    clearInterval(this.#timer);
    const { payloadType, rate, encoder } = this.codec;
    const encode = encoder();
    const size = (rate * FRAME_MS) / 1000;
    const frames = Math.floor(samples.length / size);
    const began = performance.now();
    const ssrc = 1 + Math.floor(Math.random() * 0xffff_fffe);
    let count = 0;
    this.#sent = [];
    // A timer that is late sends what it owes: as many packets as there was time for, whatever the load.
    this.#timer = setInterval(() => {
      for (; began + count * FRAME_MS <= performance.now(); count++) {
        const at = (count % frames) * size;
        const payload = encode(samples.subarray(at, at + size));
        this.#sent.push(payload);
        const header = Buffer.alloc(12);
        header.writeUInt8(0x80, 0);
        header.writeUInt8(payloadType | (count === 0 ? 0x80 : 0), 1);
        header.writeUInt16BE(count & 0xffff, 2);
        header.writeUInt32BE(count * TICKS, 4);
        header.writeUInt32BE(ssrc, 8);
        this.socket.send(Buffer.concat([header, payload]), port, '127.0.0.1');
      }
    }, FRAME_MS / 4);
  }

  hush(): void {
    clearInterval(this.#timer);
  }

  get packets(): readonly Heard[] {
    return this.#heard;
  }

  /** Milliseconds of what it has heard, by the timestamps. */
  get heardMs(): number {
    const [first] = this.#heard;
    const last = this.#heard.at(-1);
    return first && last ? ((last.timestamp - first.timestamp) >>> 0) / 8 + FRAME_MS : 0;
  }

  get sent(): readonly Uint8Array[] {
    return this.#sent;
  }

  /** What it has said, at the codec's rate and through the codec. */
  said(): Int16Array {
    const decode = this.codec.decoder();
    const frames = this.#sent.map(decode);
    const samples = new Int16Array(frames.reduce((length, frame) => length + frame.length, 0));
    frames.reduce((at, frame) => {
      samples.set(frame, at);
      return at + frame.length;
    }, 0);
    return samples;
  }

  /** What it has heard, at the codec's rate, by the timestamps: silence where nothing came. */
  heard(): Int16Array {
    const [first] = this.#heard;
    if (!first) return new Int16Array(0);
    const perTick = this.codec.rate / 8000;
    const decode = this.codec.decoder();
    const samples = new Int16Array((this.heardMs * this.codec.rate) / 1000);
    for (const { timestamp, payload } of this.#heard) {
      const at = ((timestamp - first.timestamp) | 0) * perTick;
      const frame = decode(payload);
      if (at >= 0) samples.set(frame.subarray(0, samples.length - at), at);
    }
    return samples;
  }

  close(): void {
    this.hush();
    this.socket.close();
  }
}
