import type { Instant, Millis } from '../../../core';
import { type Voicing, voicing } from '../../audio';
import { copyOctets, steadyMemory } from '../../octets';
import type { Played, StreamFormat } from '../../plane';
import {
  RTP_FIXED_HEADER,
  rtpHeaderLength,
  rtpPayloadLength,
  rtpPayloadType,
} from '../../rtp/packet';
import type { Agenda, Alarm } from '../agenda';
import { type PreparedProgram, sameFormat } from './prepared';
import { fitRtcp } from './rtcp-fit';
import { type LastPacket, PATIENCE, Splice } from './splice';
import { Turn } from './turn';

/** Where a playout's packets go. */
export interface Outlet {
  /** False while the listener is on hold, or nobody knows where it is. */
  readonly open: boolean;
  send(bytes: Buffer, offset: number, length: number): void;
  /** Nothing plays, and the stream is what it would be without a playout. */
  idle(): void;
}

const PAYLOAD_TYPES = 128;
/** What a packet is believed to hold whose codec is not spoken here. */
const FRAME: Millis = 20;
const PADDED = 0x20;
/** After a tone a voicing settles within this time, or never. */
const LONGEST_TAIL: Millis = 1_000;
/** A longer packet is no telephony and passes as it is. */
const MOST_TICKS = 8_192;

/** One thread, one packet at a time: every playout of a worker works here. */
const packet = steadyMemory(64 * 1024);
const report = steadyMemory(64 * 1024);
const sums = new Int32Array(2 * MOST_TICKS);

interface Voice {
  readonly format: StreamFormat;
  readonly voicing: Voicing;
  /** Until when packets are mixed with nothing, if its voicing does not settle before. */
  tailUntil: Instant;
}

/**
 * What one listener hears besides the other party: stands in the way of the live packets from the first
 * program on, adds to them, holds them back, and sends packets of its own where none come.
 */
export class Playout {
  readonly #splice = new Splice();
  readonly #voices: Array<Voice | undefined> = new Array(PAYLOAD_TYPES).fill(undefined);
  readonly #isEvent = new Uint8Array(PAYLOAD_TYPES);
  #turns: readonly Turn[] = [];
  /** The voice that live packets had last. */
  #liveVoice: Voice | undefined;
  #programRate = 0;
  readonly #alarm: Alarm;

  constructor(
    private readonly outlet: Outlet,
    agenda: Agenda,
    private readonly wallOffset: Millis,
    private readonly last: LastPacket | undefined,
  ) {
    this.#alarm = agenda.alarm((now) => this.#look(now));
  }

  play(id: string, program: PreparedProgram, now: Instant, done: (played: Played) => void): void {
    if (!this.#splice.exact && this.last) this.#splice.seed(this.last, program.rate);
    if (this.#turns.length === 0) this.#forgetFormats();
    this.#programRate = program.rate;
    for (const type of program.events) this.#isEvent[type] = 1;
    for (const { format } of program.voices) this.#learn(format);
    const turn = new Turn(id, program, now, this.wallOffset, done);
    const [first] = program.voices;
    if (first && !this.#splice.silent(now)) {
      const { lead } = this.#voices[first.format.payloadType]!.voicing;
      turn.due = Math.max(turn.due, now + lead);
    }
    this.#turns = [...this.#turns, turn];
    this.#look(now);
  }

  stop(id: string, now: Instant): void {
    this.#turns.find((turn) => turn.id === id)?.end(now);
    this.#look(now);
  }

  close(now: Instant): void {
    for (const turn of this.#turns) turn.end(now);
    this.#turns = [];
    this.#alarm.cancel();
    this.#forgetFormats();
  }

  /** A packet of the other party, on its way to the listener. */
  onLive(bytes: Buffer, offset: number, length: number, now: Instant): void {
    const size = rtpPayloadLength(bytes, offset, length);
    if (size < 0) return;
    const type = rtpPayloadType(bytes, offset);
    const voice = this.#voices[type];
    const isEvent = this.#isEvent[type] === 1;
    if (!isEvent && this.#holds(voice, now)) {
      this.#splice.held(size);
      return;
    }
    copyOctets(bytes, offset, packet, 0, length);
    if (isEvent) {
      if (this.#splice.pass(packet)) this.outlet.send(packet, 0, length);
      return;
    }
    const rate = voice?.format.clockRate ?? this.#programRate;
    const at = rtpHeaderLength(packet, 0, length);
    const ticks = voice
      ? voice.voicing.ticksIn(packet, at, size)
      : Math.round((FRAME * rate) / 1000);
    const continues = !this.#splice.following && this.#isInRound();
    if (!this.#splice.follow(packet, ticks, rate, now, continues)) return;
    if (this.#splice.jump !== 0) for (const turn of this.#turns) turn.shift(this.#splice.jump);
    let out = length;
    if (voice && ticks <= MOST_TICKS) {
      this.#liveVoice = voice;
      const mixed = this.#mix(voice, at, size, ticks, now);
      if (mixed !== size) {
        packet[0]! &= ~PADDED;
        this.#splice.octetsAdded += mixed - size;
        out = at + mixed;
      }
    }
    this.outlet.send(packet, 0, out);
    if (this.#claim(now) || this.#isSomethingOver()) this.#look(now);
  }

  /** The stream that the listener hears, when it is no longer the live one. */
  get altered(): Splice | undefined {
    return this.#splice.altered ? this.#splice : undefined;
  }

  /** What payload types meant may have been negotiated anew since something was played. */
  #forgetFormats(): void {
    for (const voice of this.#voices) voice?.voicing.release();
    this.#voices.fill(undefined);
    this.#isEvent.fill(0);
    this.#liveVoice = undefined;
  }

  #learn(format: StreamFormat): void {
    const known = this.#voices[format.payloadType]?.format;
    this.#isEvent[format.payloadType] = 0;
    if (known && sameFormat(known, format)) return;
    this.#voices[format.payloadType]?.voicing.release();
    this.#voices[format.payloadType] = { format, voicing: voicing(format)!, tailUntil: 0 };
  }

  /** Whether speech is held back: a prompt plays, or what is due cannot be added to this codec. */
  #holds(voice: Voice | undefined, now: Instant): boolean {
    for (const turn of this.#turns) {
      if (turn.holding) return true;
      if (turn.program.holds || !turn.isDue(now)) continue;
      if (voice === undefined || voice.format.clockRate !== turn.program.rate) return true;
    }
    return false;
  }

  /** How many octets the payload has then. */
  #mix(voice: Voice, at: number, octets: number, ticks: number, now: Instant): number {
    const { voicing } = voice;
    if (this.#gather(voice, ticks, this.#splice.beginsAt, true))
      voice.tailUntil = now + LONGEST_TAIL;
    else if (voicing.settled || now >= voice.tailUntil) {
      if (voicing.lead > 0 && this.#soon(now + voicing.lead)) voicing.follow(packet, at, octets);
      return octets;
    } else sums.fill(0, 0, ticks * voicing.valuesPerTick);
    return voicing.mix(packet, at, octets, sums);
  }

  /** Adds up what belongs into a packet that begins now; false when nothing does. */
  #gather(voice: Voice, ticks: number, now: Instant, left: boolean): boolean {
    const { valuesPerTick } = voice.voicing;
    const { timestamp } = this.#splice;
    let any = false;
    for (const turn of this.#turns) {
      if (turn.program.holds && !turn.holding) continue;
      const at = turn.at(timestamp, ticks, now);
      if (at !== undefined && !any) sums.fill(0, 0, ticks * valuesPerTick);
      const added = at !== undefined && add(turn.program, voice, at, ticks);
      any ||= at !== undefined;
      turn.passed(timestamp, ticks, now, left && added);
    }
    return any;
  }

  #soon(until: Instant): boolean {
    for (const turn of this.#turns) if (turn.due <= until) return true;
    return false;
  }

  #isInRound(): boolean {
    for (const turn of this.#turns) if (turn.inRound) return true;
    return false;
  }

  #isSomethingOver(): boolean {
    for (const turn of this.#turns) if (turn.over) return true;
    return false;
  }

  /** Sends a packet of our own, for `leading` and whoever else has something to say. */
  #speak(leading: Turn, now: Instant): void {
    const { frames, rate } = leading.program;
    const { inRound } = leading;
    const left = this.outlet.open;
    let length = RTP_FIXED_HEADER;
    if (frames) {
      this.#splice.own(packet, frames.payloadType, frames.ticks, rate, now, inRound);
      const { timestamp } = this.#splice;
      const at = leading.at(timestamp, frames.ticks, Math.max(now, leading.due)) ?? 0;
      const payload = frames.payloads[Math.floor(at / frames.ticks)]!;
      packet.set(payload, RTP_FIXED_HEADER);
      length += payload.length;
      leading.passed(timestamp, frames.ticks, now, left);
    } else {
      const voice = this.#ownVoice(leading.program);
      const ticks = voice.voicing.frameTicks;
      this.#splice.own(packet, voice.format.payloadType, ticks, rate, now, inRound);
      if (!this.#gather(voice, ticks, now, left))
        sums.fill(0, 0, ticks * voice.voicing.valuesPerTick);
      length += voice.voicing.speak(packet, RTP_FIXED_HEADER, ticks, sums);
    }
    if (!left) return;
    this.#splice.packetsAdded += 1;
    this.#splice.octetsAdded += length - RTP_FIXED_HEADER;
    this.outlet.send(packet, 0, length);
  }

  /** As the other party speaks, if the program can; else as the listener likes best. */
  #ownVoice({ voices }: PreparedProgram): Voice {
    const live = voices.find(({ format }) => this.#voices[format.payloadType] === this.#liveVoice);
    return this.#voices[(live ?? voices[0]!).format.payloadType]!;
  }

  /** The first `replace` takes the floor as soon as it is known when what was sent ends. */
  #claim(now: Instant): boolean {
    for (const turn of this.#turns) {
      if (!turn.program.holds || !turn.isDue(now)) continue;
      if (turn.holding) return false;
      turn.holding = this.#splice.exact || this.#splice.silent(now);
      return turn.holding;
    }
    return false;
  }

  /** Does what is due, and looks again when the next thing is. */
  #look(now: Instant): void {
    this.#alarm.cancel();
    for (;;) {
      if (this.#isSomethingOver()) this.#turns = this.#turns.filter((turn) => !turn.over);
      this.#claim(now);
      const leading = this.#leading(now);
      if (!leading) break;
      const at = this.#speaksAt(leading);
      if (at > now) {
        this.#wakeAt(at);
        return;
      }
      this.#speak(leading, now);
    }
    if (this.#turns.length > 0) {
      let next = Number.POSITIVE_INFINITY;
      for (const { due } of this.#turns) next = Math.min(next, due);
      const { begun, endsAt } = this.#splice;
      this.#wakeAt(Math.max(next, (begun ? endsAt : now) + PATIENCE));
    } else if (this.#liveVoice?.voicing.settled === false && this.#liveVoice.tailUntil > now) {
      this.#wakeAt(this.#liveVoice.tailUntil);
    } else if (!this.#splice.altered) {
      this.#forgetFormats();
      this.outlet.idle();
    }
  }

  /** Who speaks when the other party is silent: who holds it back, else the first whose time has come. */
  #leading(now: Instant): Turn | undefined {
    let first: Turn | undefined;
    for (const turn of this.#turns) {
      if (turn.holding) return turn;
      if (first === undefined && !turn.program.holds && turn.isDue(now)) first = turn;
    }
    return first;
  }

  /** When a packet of our own is due: at once where nothing is said, later where something is. */
  #speaksAt(turn: Turn): Instant {
    const { begun, endsAt, following } = this.#splice;
    if (!begun) return Number.NEGATIVE_INFINITY;
    return turn.holding || !following ? endsAt : endsAt + PATIENCE;
  }

  #wakeAt(at: Instant): void {
    // Workers' time goes by whole milliseconds, and such numbers are no objects.
    this.#alarm.set(Math.ceil(at));
  }
}

/** Makes an RTCP datagram fit streams that were altered; the bytes are valid until the next call. */
export function fittedRtcp(
  bytes: Buffer,
  offset: number,
  length: number,
  heard: Playout | undefined,
  said: Playout | undefined,
): Buffer | undefined {
  if (!heard?.altered && !said?.altered) return undefined;
  copyOctets(bytes, offset, report, 0, length);
  fitRtcp(report, 0, length, heard?.altered, said?.altered);
  return report;
}

/** Adds a program's values from its tick `at` on; false when it has none in this voice. */
function add(program: PreparedProgram, voice: Voice, at: number, ticks: number): boolean {
  const { valuesPerTick } = voice.voicing;
  for (const { format, values } of program.voices) {
    if (format.payloadType !== voice.format.payloadType) continue;
    const from = at * valuesPerTick;
    const end = Math.min(values.length, from + ticks * valuesPerTick);
    for (let i = Math.max(0, from); i < end; i++) sums[i - from]! += values[i]!;
    return true;
  }
  return false;
}
