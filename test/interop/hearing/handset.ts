import { randomBytes, randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { RtpPacket as ForeignPacket, SrtpSession } from 'werift-rtp';
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
import { EVENT, eventParts, PRESS_FRAMES } from '../../support/speech-pcap';

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
/** Octets of AES_CM_128_HMAC_SHA1_80 (RFC 4568 §6.2.1), and the number by which werift knows it. */
const MASTER_KEY = 16;
const MASTER_SALT = 14;
const AES_CM_128_HMAC_SHA1_80 = 1;
/** RTP ticks of a frame; G.722 counts as if it had 8 kHz (RFC 3551 §4.5.2). */
const TICKS = 160;

interface Heard {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export interface HandsetOptions {
  /** Default `127.0.0.1`. */
  readonly address?: string;
  /** By SRTP, which werift-rtp speaks here. Default false. */
  readonly srtp?: boolean;
}

/** Mouth and ear of a phone: says something over and over, and keeps every packet it gets. */
export class Handset {
  readonly #heard: Heard[] = [];
  #sent: Uint8Array[] = [];
  #sequence = 0;
  /** Frames in whose place a key is pressed, and how long it has been: the next one first. */
  #pressed: Array<{ readonly digit: string; readonly frame: number }> = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #says: { readonly samples: Int16Array; readonly encode: (frame: Int16Array) => Uint8Array };
  #ssrc = 0;
  /** Of the next packet. */
  #timestamp = 0;
  #hushedAt = 0;
  readonly #key: Buffer | undefined;
  #srtp: SrtpSession | undefined;
  /** By SRTP, and nobody could read it. */
  unreadable = 0;

  private constructor(
    private socket: Socket,
    readonly codec: Spoken,
    srtp: boolean,
  ) {
    this.#says = { samples: new Int16Array(0), encode: codec.encoder() };
    if (srtp) this.#key = randomBytes(MASTER_KEY + MASTER_SALT);
    this.#listen();
  }

  static async open(codec: Spoken, options: HandsetOptions = {}): Promise<Handset> {
    return new Handset(await bound(options.address), codec, options.srtp ?? false);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** A description with these formats, its own codec among them; port 0 switches its audio off. */
  describe(
    codecs: readonly Spoken[] = [this.codec],
    direction = 'sendrecv',
    version = 1,
    port = this.port,
  ): string {
    const { address } = this.socket.address();
    const host = `IN ${isIPv6(address) ? 'IP6' : 'IP4'} ${address}`;
    const profile = this.#key ? 'RTP/SAVP' : 'RTP/AVP';
    const key = this.#key?.toString('base64');
    return [
      'v=0',
      `o=handset 1 ${version} ${host}`,
      's=-',
      `c=${host}`,
      't=0 0',
      `m=audio ${port} ${profile} ${codecs.map((codec) => codec.payloadType).join(' ')} 101`,
      ...codecs.map((codec) => `a=rtpmap:${codec.payloadType} ${codec.name}/8000`),
      'a=rtpmap:101 telephone-event/8000',
      ...(key === undefined ? [] : [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`]),
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** Takes the other side's key; its contexts go on where it is the one that it had. */
  meet(description: string): void {
    const inline = /a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:([^|\s]+)/.exec(description)?.[1];
    if (!this.#key || inline === undefined) return;
    const [ours, theirs] = [this.#key, Buffer.from(inline, 'base64')];
    if (this.#srtp?.config.keys.remoteMasterKey.equals(theirs.subarray(0, MASTER_KEY))) return;
    this.#srtp = new SrtpSession({
      profile: AES_CM_128_HMAC_SHA1_80,
      keys: {
        localMasterKey: ours.subarray(0, MASTER_KEY),
        localMasterSalt: ours.subarray(MASTER_KEY),
        remoteMasterKey: theirs.subarray(0, MASTER_KEY),
        remoteMasterSalt: theirs.subarray(MASTER_KEY),
      },
    });
  }

  /** Goes to another address, as a phone whose network has changed: it speaks and hears there from now on. */
  async move(address: string): Promise<void> {
    this.hush();
    const before = this.socket;
    this.socket = await bound(address);
    this.#listen();
    before.close();
  }

  /** Says `samples`, at the codec's rate, over and over to this port from now on, as another stream. */
  speak(samples: Int16Array, port: number): void {
    this.hush();
    this.#says = { samples, encode: this.codec.encoder() };
    this.#sent = [];
    this.#sequence = 0;
    this.#ssrc = randomInt(1, 0xffff_ffff);
    this.#timestamp = 0;
    this.#begin(port);
  }

  /** Goes on with what it said when it fell silent: the same stream, and time has passed in it. */
  speakOn(port: number): void {
    const silentMs = performance.now() - this.#hushedAt;
    this.#timestamp += TICKS * Math.round(silentMs / FRAME_MS);
    this.#begin(port);
  }

  /** Presses these keys, one after the other, while it speaks: in their place it says nothing. */
  press(digits: string): void {
    for (const digit of digits) {
      for (let frame = 0; frame < PRESS_FRAMES; frame++) this.#pressed.push({ digit, frame });
    }
  }

  /** Sends this as it is. */
  throwAt(port: number, octets: Uint8Array): void {
    this.socket.send(octets, port, this.socket.address().address);
  }

  hush(): void {
    clearInterval(this.#timer);
    this.#hushedAt = performance.now();
  }

  #listen(): void {
    this.socket.on('message', (bytes) => {
      // Reports may come to the same port.
      if (classify(bytes, 0, bytes.length) !== DATAGRAM.rtp) return;
      const packet = parseRtp(this.#opened(bytes));
      if (packet) this.#heard.push(packet);
    });
  }

  #begin(port: number): void {
    const { samples, encode } = this.#says;
    const { payloadType, rate } = this.codec;
    const size = (rate * FRAME_MS) / 1000;
    const frames = Math.floor(samples.length / size);
    const began = performance.now();
    // A timer that is late sends what it owes: as many packets as there was time for, whatever the load.
    let count = 0;
    this.#timer = setInterval(() => {
      for (; began + count * FRAME_MS <= performance.now(); count++) {
        const key = this.#pressed.shift();
        if (key) {
          const { digit, frame } = key;
          const pressedAt = this.#timestamp - frame * TICKS;
          for (const { payload } of eventParts({ digit, frame: 0 }, frame)) {
            this.#send(port, { payloadType: EVENT, marker: frame === 0, at: pressedAt, payload });
          }
        } else {
          const at = (this.#sent.length % frames) * size;
          const payload = encode(samples.subarray(at, at + size));
          this.#sent.push(payload);
          this.#send(port, { payloadType, marker: count === 0, at: this.#timestamp, payload });
        }
        this.#timestamp += TICKS;
      }
    }, FRAME_MS / 4);
  }

  #send(
    port: number,
    packet: { payloadType: number; marker: boolean; at: number; payload: Uint8Array },
  ): void {
    const { payloadType, marker, at, payload } = packet;
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(payloadType | (marker ? 0x80 : 0), 1);
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    header.writeUInt32BE(at, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    const { address } = this.socket.address();
    this.socket.send(this.#sealed(Buffer.concat([header, payload])), port, address);
  }

  #sealed(packet: Buffer): Buffer {
    if (!this.#key) return packet;
    const { payload, header } = ForeignPacket.deSerialize(packet);
    return this.#srtp!.encrypt(payload, header);
  }

  #opened(datagram: Buffer): Buffer {
    if (!this.#key) return datagram;
    try {
      return this.#srtp!.decrypt(datagram);
    } catch {
      this.unreadable += 1;
      return Buffer.alloc(0);
    }
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

async function bound(address = '127.0.0.1'): Promise<Socket> {
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: 1 << 20 });
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}
