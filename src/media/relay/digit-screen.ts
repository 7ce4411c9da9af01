import type { Instant, Millis } from '../../core';
import { BETWEEN_DIGITS_MS, CodeMatcher } from '../digits/code-matcher';
import type { DigitListening } from '../plane';
import {
  RTP_FIXED_HEADER,
  rtpHeaderLength,
  rtpPayloadLength,
  rtpPayloadType,
  rtpSequence,
  rtpSsrc,
  rtpTimestamp,
} from '../rtp/packet';
import { DIGITS, EVENT_OCTETS, writeTelephoneEvent } from '../rtp/telephone-event';
import type { Agenda, Appointment } from './agenda';
import type { Screen } from './leg';
import { Renumbering } from './renumbering';

/** A telephone event of the party. */
interface Pressed {
  readonly event: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly clockRate: number;
  volume: number;
  /** The longest that was said of it, in units of the timestamp. */
  duration: number;
  ended: boolean;
  lastAt: Instant;
  /** Passes as it comes; otherwise none of its packets does. */
  live: boolean;
}

/** Between packets of an event, and the least length of one (RFC 4733 §2.5.1.2 to §2.5.1.4). */
const PACKET_MS: Millis = 20;
const SHORTEST_MS: Millis = 60;
const ENDS = 3;
const PAUSE_MS: Millis = 40;
/** An event whose end was lost is over when nothing more of it has come for so long. */
const LOST_END_MS: Millis = 200;
/** Packets of so many events back may still come late. */
const REMEMBERED = 8;

/**
 * Listens for codes in the telephone events (RFC 4733) of a party. An event that may belong to a code is kept from
 * the other party and from taps; when it turns out that it does not, it is sent on as if it were pressed now, at
 * its full length, one after the other and before whatever is pressed meanwhile. The rest of the stream goes on at once,
 * its packets renumbered, so that what is missing looks like nothing lost; its timestamps stay.
 */
export class DigitScreen implements Screen {
  readonly #rates = new Int32Array(128);
  #codes = '';
  #matcher = new CodeMatcher([]);
  readonly #numbers = new Renumbering();
  /** Undecided, in order; as many as the matcher has waiting. */
  readonly #undecided: Pressed[] = [];
  /** To be sent on, in order; the first is under way. */
  readonly #released: Pressed[] = [];
  readonly #recent: Pressed[] = [];
  readonly #packet = Buffer.alloc(RTP_FIXED_HEADER + EVENT_OCTETS);
  #timer: Appointment | undefined;
  #sending: Appointment | undefined;
  /** Newest timestamp, and when it came: what now is in this stream. */
  #stamp = 0;
  #stampAt: Instant | undefined;
  #ssrc = 0;

  constructor(
    listening: DigitListening,
    private readonly agenda: Agenda,
    private readonly pass: (bytes: Buffer, offset: number, length: number, now: Instant) => void,
    private readonly onCode: (code: string) => void,
  ) {
    this.listen(listening, 0);
  }

  /** What is listened for from now on. What was undecided stays so, or is sent on when the codes are others. */
  listen({ formats, codes }: DigitListening, now: Instant): void {
    if (codes.join() !== this.#codes) {
      this.#release(this.#matcher.giveUp(), now);
      this.#codes = codes.join();
      this.#matcher = new CodeMatcher(codes);
    }
    this.#rates.fill(0);
    for (const { payloadType, clockRate } of formats) this.#rates[payloadType] = clockRate;
  }

  admits(bytes: Buffer, offset: number, length: number, now: Instant): boolean {
    const sequence = rtpSequence(bytes, offset);
    const ssrc = rtpSsrc(bytes, offset);
    const timestamp = rtpTimestamp(bytes, offset);
    if (ssrc !== this.#ssrc || ((timestamp - this.#stamp) | 0) > 0 || this.#stampAt === undefined) {
      this.#ssrc = ssrc;
      this.#stamp = timestamp;
      this.#stampAt = now;
    }
    const newest = this.#numbers.saw(sequence, ssrc);
    const rate = this.#rates[rtpPayloadType(bytes, offset)]!;
    if (rate !== 0 && !this.#admitsEvent(bytes, offset, length, timestamp, rate, now)) {
      if (newest) this.#numbers.takeOut();
      return false;
    }
    if (this.#numbers.alters) writeSequence(bytes, offset, this.#numbers.numberOf(sequence));
    return true;
  }

  close(): void {
    this.#timer?.cancel();
    this.#sending?.cancel();
  }

  #admitsEvent(
    bytes: Buffer,
    offset: number,
    length: number,
    timestamp: number,
    clockRate: number,
    now: Instant,
  ): boolean {
    if (rtpPayloadLength(bytes, offset, length) < EVENT_OCTETS) return true;
    const at = offset + rtpHeaderLength(bytes, offset, length);
    const event = bytes[at]!;
    let pressed = this.#known(timestamp);
    const isNew = pressed === undefined;
    if (pressed === undefined) {
      const payloadType = rtpPayloadType(bytes, offset);
      pressed = begun(event, timestamp, payloadType, clockRate, now);
      this.#remember(pressed);
    }
    pressed.lastAt = now;
    pressed.volume = bytes[at + 1]! & 0x3f;
    pressed.duration = Math.max(pressed.duration, (bytes[at + 2]! << 8) | bytes[at + 3]!);
    if ((bytes[at + 1]! & 0x80) !== 0) pressed.ended = true;
    if (isNew) this.#press(pressed, now);
    return pressed.live;
  }

  #known(timestamp: number): Pressed | undefined {
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      if (this.#recent[i]!.timestamp === timestamp) return this.#recent[i];
    }
    return undefined;
  }

  #remember(pressed: Pressed): void {
    this.#recent.push(pressed);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  #press(pressed: Pressed, now: Instant): void {
    const busy = this.#undecided.length > 0 || this.#released.length > 0;
    this.#undecided.push(pressed);
    const decisions = this.#matcher.press(DIGITS[pressed.event] ?? '?');
    for (const { digits, code } of decisions) {
      if (code === undefined) {
        if (!busy) {
          // Nothing it would overtake.
          pressed.live = true;
          this.#undecided.shift();
        } else this.#release(digits, now);
      } else {
        this.#undecided.splice(0, digits);
        this.onCode(code);
      }
    }
    this.#await(now);
  }

  /** Until the next digit, or until it is too late for one. */
  #await(now: Instant): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const last = this.#undecided.at(-1);
    if (!last) return;
    this.#timer = this.agenda.at(now + BETWEEN_DIGITS_MS, (then) => {
      // Held down all the time.
      if (then - last.lastAt < BETWEEN_DIGITS_MS) this.#await(last.lastAt);
      else this.#release(this.#matcher.giveUp(), then);
    });
  }

  #release(digits: number, now: Instant): void {
    if (digits === 0) return;
    const idle = this.#released.length === 0;
    this.#released.push(...this.#undecided.splice(0, digits));
    // Not now: the packet that has decided it has no number yet, or none any more.
    if (idle) this.#sending = this.agenda.at(now, (then) => this.#send(then));
  }

  /** Sends the first of what was released, once all of it has come. */
  #send(now: Instant): void {
    const [first] = this.#released;
    if (!first) return;
    if (!first.ended && now - first.lastAt < LOST_END_MS) {
      this.#sending = this.agenda.at(now + PACKET_MS, (then) => this.#send(then));
      return;
    }
    const ticks = first.clockRate / 1000;
    const timestamp = this.#stamp + Math.round((now - (this.#stampAt ?? now)) * ticks);
    const whole = Math.min(0xffff, Math.max(first.duration, SHORTEST_MS * ticks));
    this.#sendPart(first, timestamp, Math.round(whole), 1, now);
  }

  /** The nth packet of an event, and after a while what follows. */
  #sendPart(pressed: Pressed, timestamp: number, whole: number, nth: number, now: Instant): void {
    const step = Math.round((PACKET_MS * pressed.clockRate) / 1000);
    const last = Math.ceil(whole / step);
    const duration = Math.min(nth * step, whole);
    this.#put(pressed, timestamp, duration, nth === 1, nth >= last, now);
    const more = nth + 1 < last + ENDS;
    this.#sending = this.agenda.at(now + (more ? PACKET_MS : PAUSE_MS), (then) => {
      if (more) {
        this.#sendPart(pressed, timestamp, whole, nth + 1, then);
        return;
      }
      this.#released.shift();
      this.#send(then);
    });
  }

  #put(
    { event, volume, payloadType }: Pressed,
    timestamp: number,
    duration: number,
    marker: boolean,
    end: boolean,
    now: Instant,
  ): void {
    const packet = this.#packet;
    packet[0] = 0x80;
    packet[1] = (marker ? 0x80 : 0) | payloadType;
    writeSequence(packet, 0, this.#numbers.putIn());
    packet.writeUInt32BE(timestamp >>> 0, 4);
    packet.writeUInt32BE(this.#ssrc >>> 0, 8);
    writeTelephoneEvent(packet, RTP_FIXED_HEADER, { event, end, volume, duration });
    this.pass(packet, 0, packet.length, now);
  }
}

function begun(
  event: number,
  timestamp: number,
  payloadType: number,
  clockRate: number,
  now: Instant,
): Pressed {
  return {
    event,
    timestamp,
    payloadType,
    clockRate,
    volume: 0,
    duration: 0,
    ended: false,
    lastAt: now,
    live: false,
  };
}

function writeSequence(bytes: Buffer, offset: number, sequence: number): void {
  bytes[offset + 2] = sequence >> 8;
  bytes[offset + 3] = sequence & 0xff;
}
