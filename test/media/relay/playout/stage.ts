import {
  buildRtp,
  decodePcmu,
  encodePcmu,
  type Played,
  type Program,
  parseRtp,
  type RtpPacket,
  type StreamFormat,
} from '../../../../src/media';
import { Agenda } from '../../../../src/media/relay/agenda';
import { Playout } from '../../../../src/media/relay/playout/playout';
import { prepared } from '../../../../src/media/relay/playout/prepared';

export const PCMU: StreamFormat = { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 };
export const EVENTS: StreamFormat = {
  payloadType: 101,
  codec: 'telephone-event',
  clockRate: 8000,
  channels: 1,
};
export const CELT: StreamFormat = {
  payloadType: 111,
  codec: 'CELT',
  clockRate: 48_000,
  channels: 2,
};

/** A sine of 1400 Hz at 16 kHz. */
export function tone(ms: number, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: 16 * ms }, (_, n) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 1400 * n) / 16_000)),
  );
}

export interface Sent extends RtpPacket {
  readonly at: number;
}

/** A playout on virtual time: a speaker that speaks as told, and a listener that keeps what it gets. */
export class PlayoutStage {
  now = 10_000;
  /** By how much whatever has an appointment is woken too late. */
  lateness = 0;
  readonly sent: Sent[] = [];
  readonly bugs: unknown[] = [];
  open = true;
  idled = 0;
  readonly agenda = new Agenda((error) => this.bugs.push(error));
  /** There is one while something plays or has altered the stream, as in a leg. */
  playout: Playout | undefined;
  live = { ssrc: 77, sequence: 500, timestamp: 40_000, payloadType: 0 };

  #last: ConstructorParameters<typeof Playout>[3];
  readonly #outlet = this.#makeOutlet();

  /** With `true` the speaker has just sent its last packet, 10 ms ago. */
  constructor(speaking = false) {
    if (speaking) this.#last = { ssrc: 77, sequence: 499, timestamp: 39_840, arrival: 9_990 };
  }

  #makeOutlet() {
    const stage = this;
    return {
      get open() {
        return stage.open;
      },
      send: (bytes: Buffer, offset: number, length: number) =>
        this.sent.push({
          ...parseRtp(Buffer.from(bytes.subarray(offset, offset + length)))!,
          at: this.now,
        }),
      idle: () => {
        this.idled += 1;
        this.playout = undefined;
      },
    };
  }

  play(program: Partial<Program> & { readonly ms?: number }): Promise<Played> & { id: string } {
    const id = `p${this.sent.length}-${Math.random()}`;
    const ready = prepared({
      kind: 'mix',
      formats: [PCMU, EVENTS],
      sound: { pcm: tone(program.ms ?? 200) },
      ...program,
    });
    this.playout ??= new Playout(this.#outlet, this.agenda, 1_000_000, this.#last);
    const { playout, now } = this;
    const done = new Promise<Played>((resolve) => playout.play(id, ready, now, resolve));
    return Object.assign(done, { id });
  }

  /** Time passes, and nobody speaks. */
  wait(ms: number): void {
    const until = this.now + ms;
    for (let next = this.agenda.next(); next !== undefined && next + this.lateness <= until; ) {
      this.now = Math.max(this.now, next + this.lateness);
      this.agenda.run(this.now);
      next = this.agenda.next();
    }
    this.now = until;
  }

  /** The speaker speaks: a packet each 20 ms, the first now, of one sample or of samples in turn. */
  speak(ms: number, sample: number | ((n: number) => number) = 0, jitter = () => 0): void {
    const start = this.now;
    for (let frame = 0; frame < ms / 20; frame++) {
      const due = start + 20 * frame + jitter();
      this.wait(Math.max(0, due - this.now));
      const samples = Int16Array.from({ length: 160 }, (_, n) =>
        typeof sample === 'number' ? sample : sample(frame * 160 + n),
      );
      this.packet({ payload: Buffer.from(encodePcmu(samples)) });
    }
    this.wait(Math.max(0, start + ms - this.now));
  }

  packet(packet: Partial<RtpPacket> = {}): void {
    const { payload = Buffer.alloc(160, 0xff) } = packet;
    const bytes = buildRtp({ marker: false, ...this.live, ...packet, payload });
    this.live.sequence = (this.live.sequence + 1) & 0xffff;
    this.live.timestamp += 160;
    const { ssrc, sequence, timestamp } = parseRtp(bytes)!;
    this.#last = { ssrc, sequence, timestamp: timestamp | 0, arrival: this.now };
    if (this.playout) this.playout.onLive(bytes, 0, bytes.length, this.now);
    else this.#outlet.send(bytes, 0, bytes.length);
  }

  /** Lets the speaker's clock run on while it says nothing. */
  pause(ms: number): void {
    this.live.timestamp += 8 * ms;
    this.wait(ms);
  }

  /** What the listener hears, by timestamp. */
  heard(): Int16Array {
    const audio = this.sent.filter((packet) => packet.payloadType === 0);
    const first = audio[0]!.timestamp;
    const end = Math.max(...audio.map((packet) => (packet.timestamp - first) | 0)) + 160;
    const samples = new Int16Array(end);
    for (const packet of audio) {
      samples.set(decodePcmu(packet.payload), (packet.timestamp - first) | 0);
    }
    return samples;
  }
}

/** How a stream goes on from packet to packet. */
export function steps(sent: readonly RtpPacket[]): Array<{
  readonly sequence: number;
  readonly timestamp: number;
}> {
  return sent.slice(1).map((packet, i) => ({
    sequence: (packet.sequence - sent[i]!.sequence) & 0xffff,
    timestamp: (packet.timestamp - sent[i]!.timestamp) | 0,
  }));
}

/** Spans in ms in which a 1400 Hz tone is heard in samples at 8 kHz, to 5 ms. */
export function tones(samples: Int16Array): Array<{ readonly from: number; readonly to: number }> {
  const window = 40;
  const found: Array<{ from: number; to: number }> = [];
  for (let at = 0; at + window <= samples.length; at += window) {
    let re = 0;
    let im = 0;
    for (let n = at; n < at + window; n++) {
      re += samples[n]! * Math.cos((2 * Math.PI * 1400 * n) / 8000);
      im += samples[n]! * Math.sin((2 * Math.PI * 1400 * n) / 8000);
    }
    if (Math.hypot(re, im) / window < 1000) continue;
    const from = at / 8;
    const last = found.at(-1);
    if (last && last.to === from) last.to = from + 5;
    else found.push({ from, to: from + 5 });
  }
  return found;
}
