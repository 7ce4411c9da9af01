import type { DigitListening } from '../../../src/media';
import { buildRtp, parseRtp, parseTelephoneEvent, type RtpPacket } from '../../../src/media';
import { Agenda } from '../../../src/media/relay/agenda';
import { DigitScreen } from '../../../src/media/relay/digit-screen';

const EVENT = 101;
const LISTENING: DigitListening = {
  formats: [{ payloadType: EVENT, clockRate: 8000 }],
  codes: ['*44', '*45', '*48', '*49'],
};

/** A phone that speaks and dials, and what the other party gets of it. */
class Phone {
  readonly heard: RtpPacket[] = [];
  readonly at: number[] = [];
  readonly codes: string[] = [];
  readonly screen: DigitScreen;
  readonly #agenda = new Agenda((error) => {
    throw error;
  });
  now = 1_000;
  sequence: number;
  #timestamp = 0xffff_f000;
  #lost = new Set<number>();

  constructor(firstSequence = 65_500, listening = LISTENING) {
    this.sequence = firstSequence;
    this.screen = new DigitScreen(
      listening,
      this.#agenda,
      (bytes, offset, length) => this.#take(bytes.subarray(offset, offset + length)),
      (code) => this.codes.push(code),
    );
  }

  /** Twenty milliseconds of speech, so many times. */
  speak(packets: number): void {
    for (let i = 0; i < packets; i++) {
      this.#send({ payloadType: 0, payload: Buffer.alloc(160, 1), timestamp: this.#timestamp });
      this.pass(20);
    }
  }

  /** A key pressed for this long; speech goes on beside it, or stands still. */
  press(digit: string, ms = 100, beside = false): void {
    const event = '0123456789*#ABCD'.indexOf(digit);
    const timestamp = this.#timestamp;
    const packets = ms / 20;
    for (let i = 1; i <= packets + 2; i++) {
      const last = i >= packets;
      const duration = Math.min(i, packets) * 160;
      const payload = Buffer.from([event, (last ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]);
      this.#send({ payloadType: EVENT, payload, timestamp, marker: i === 1 });
      if (last && i > packets) continue;
      if (beside)
        this.#send({ payloadType: 0, payload: Buffer.alloc(160, 1), timestamp: this.#timestamp });
      this.pass(20);
    }
  }

  dial(digits: string, beside = false): void {
    for (const digit of digits) this.press(digit, 100, beside);
  }

  pass(ms: number): void {
    for (let step = 0; step < ms; step += 20) {
      this.now += 20;
      this.#timestamp = (this.#timestamp + 160) >>> 0;
      this.#agenda.run(this.now);
    }
  }

  lose(...sequences: number[]): void {
    this.#lost = new Set(sequences);
  }

  /** A packet that was sent before, or is of somebody's making. */
  send(packet: RtpPacket): void {
    const bytes = Buffer.concat([Buffer.alloc(5), buildRtp(packet)]);
    if (this.screen.admits(bytes, 5, bytes.length - 5, this.now)) this.#take(bytes.subarray(5));
  }

  /** The digits that were heard, each with how many milliseconds it lasted. */
  get digits(): string[] {
    const events = new Map<number, string>();
    for (const { payloadType, payload, timestamp } of this.heard) {
      if (payloadType !== EVENT) continue;
      const event = parseTelephoneEvent(payload);
      if (!event) continue;
      events.set(timestamp, `${event.digit} ${event.duration / 8}${event.end ? '' : ' …'}`);
    }
    return [...events.values()];
  }

  get speech(): RtpPacket[] {
    return this.heard.filter(({ payloadType }) => payloadType === 0);
  }

  #send(packet: Pick<RtpPacket, 'payloadType' | 'payload' | 'timestamp'> & { marker?: boolean }) {
    const { sequence } = this;
    this.sequence = (this.sequence + 1) & 0xffff;
    if (!this.#lost.has(sequence)) this.send({ marker: false, ssrc: 7, sequence, ...packet });
  }

  #take(bytes: Buffer): void {
    this.heard.push(parseRtp(Buffer.from(bytes))!);
    this.at.push(this.now);
  }
}

/** Steps of the sequence number between packets as they were heard. */
function steps({ heard }: Phone): number[] {
  return heard.slice(1).map(({ sequence }, i) => (sequence - heard[i]!.sequence) & 0xffff);
}

describe('a screen for digits', () => {
  it.each([false, true])('swallows a code and leaves no gap (speech beside it: %s)', (beside) => {
    const phone = new Phone();
    phone.speak(10);
    phone.dial('*48', beside);
    phone.speak(10);
    expect(phone.codes).toEqual(['*48']);
    expect(phone.digits).toEqual([]);
    expect(steps(phone).every((step) => step === 1)).toBe(true);
    expect(phone.speech).toHaveLength(beside ? 35 : 20);
    // Time goes on as it was sent: speech is where it was.
    const gap = phone.speech.map(({ timestamp }, i, all) =>
      i ? (timestamp - all[i - 1]!.timestamp) >>> 0 : 160,
    );
    expect(Math.max(...gap)).toBe(beside ? 160 : 160 * 16);
  });

  it('tells of the code when its last digit begins', () => {
    const phone = new Phone();
    phone.dial('*4');
    phone.send({
      marker: true,
      payloadType: EVENT,
      ssrc: 7,
      sequence: phone.sequence,
      timestamp: 9,
      payload: Buffer.from([8, 10, 0, 160]),
    });
    expect(phone.codes).toEqual(['*48']);
  });

  it('lets a digit through at once that begins no code', () => {
    const phone = new Phone();
    phone.speak(2);
    phone.press('7', 200);
    expect(phone.digits).toEqual(['7 200']);
    expect(phone.heard).toHaveLength(2 + 12);
    expect(phone.heard.at(-1)!.sequence).toBe((phone.sequence - 1) & 0xffff);
  });

  it('sends a digit on, as long as it was, when no other has followed', () => {
    const phone = new Phone();
    phone.speak(10);
    phone.press('*', 160);
    phone.speak(148);
    expect(phone.digits).toEqual([]);
    phone.speak(20);
    expect(phone.digits).toEqual(['* 160']);
    phone.speak(10);
    expect(steps(phone).every((step) => step === 1)).toBe(true);
    expect(phone.speech).toHaveLength(188);
    const events = phone.heard.filter(({ payloadType }) => payloadType === EVENT);
    expect(events).toHaveLength(8 + 2);
    expect(events.map(({ marker }) => marker)).toEqual([true, ...Array(9).fill(false)]);
    // It is of the time at which it is sent: no listener takes it for late.
    const begun = phone.heard.indexOf(events[0]!);
    const spoken = phone.heard[begun - 1]!;
    expect(Math.abs((events[0]!.timestamp - spoken.timestamp) | 0)).toBeLessThanOrEqual(160);
    expect(phone.at[phone.heard.indexOf(events.at(-1)!)]! - phone.at[begun]!).toBe(180);
  });

  it('sends them on in order, apart from each other, before the one that shows that they were no code', () => {
    const phone = new Phone();
    phone.speak(5);
    phone.dial('*4');
    phone.dial('71');
    phone.speak(100);
    expect(phone.digits).toEqual(['* 100', '4 100', '7 100', '1 100']);
    expect(phone.codes).toEqual([]);
    expect(steps(phone).every((step) => step === 1)).toBe(true);
    const times = [
      ...new Set(
        phone.heard
          .filter(({ payloadType }) => payloadType === EVENT)
          .map(({ timestamp }) => timestamp),
      ),
    ];
    for (const [i, time] of times.slice(1).entries()) {
      expect((time - times[i]!) >>> 0).toBeGreaterThanOrEqual(800 + 160);
    }
  });

  it('finds the code behind a digit that was none of it', () => {
    const phone = new Phone();
    phone.dial('**48');
    phone.speak(50);
    expect([phone.codes, phone.digits]).toEqual([['*48'], ['* 100']]);
  });

  it('waits as long as a key is held down', () => {
    const phone = new Phone();
    phone.press('*', 4_000);
    phone.dial('49');
    expect(phone.codes).toEqual(['*49']);
    phone.speak(300);
    expect(phone.digits).toEqual([]);
  });

  it('gives up after three seconds, and begins anew', () => {
    const phone = new Phone();
    phone.dial('*4');
    phone.speak(200);
    phone.dial('8');
    phone.dial('*48');
    phone.speak(20);
    expect(phone.codes).toEqual(['*48']);
    expect(phone.digits).toEqual(['* 100', '4 100', '8 100']);
  });

  it('sends on a digit whose end was lost', () => {
    const phone = new Phone(100);
    phone.lose(104, 105, 106);
    phone.press('*');
    phone.speak(170);
    expect(phone.digits).toEqual(['* 80']);
  });

  it('keeps the place of what comes late, and of what was lost', () => {
    const phone = new Phone(100);
    phone.lose(102, 120);
    phone.speak(5);
    phone.dial('*48');
    phone.speak(5);
    const numbers = () => phone.heard.map(({ sequence }) => sequence);
    expect(numbers()).toEqual([100, 101, 103, 104, 106, 107, 108, 109, 110]);
    phone.send({ ...phone.heard[0]!, sequence: 102 });
    expect(numbers().at(-1)).toBe(102);
    // One of the packets of the code, once more.
    phone.send({
      ...phone.heard[0]!,
      sequence: 110,
      payloadType: EVENT,
      timestamp: 0xffff_f320,
      payload: Buffer.from([10, 138, 3, 32]),
    });
    phone.speak(1);
    expect(numbers().at(-1)).toBe(111);
  });

  it('passes what is no digit, too short, or not listened for', () => {
    const phone = new Phone();
    phone.press('A');
    for (const payload of [Buffer.from([10, 0]), Buffer.alloc(0)]) {
      phone.send({
        marker: false,
        payloadType: EVENT,
        ssrc: 7,
        sequence: 1,
        timestamp: 5,
        payload,
      });
    }
    expect(phone.heard).toHaveLength(9);
    phone.screen.listen({ formats: [], codes: LISTENING.codes }, phone.now);
    phone.dial('*48');
    expect(phone.codes).toEqual([]);
    expect(phone.digits).toEqual(['A 100', '* 100', '4 100', '8 100']);
  });

  it('keeps what is undecided when the session is negotiated anew, and sends it on for other codes', () => {
    const phone = new Phone();
    phone.dial('*4');
    phone.screen.listen(LISTENING, phone.now);
    phone.dial('8');
    expect(phone.codes).toEqual(['*48']);
    phone.dial('*4');
    phone.screen.listen({ ...LISTENING, codes: [] }, phone.now);
    phone.speak(20);
    expect(phone.digits).toEqual(['* 100', '4 100']);
  });

  it('goes on when the source of the stream changes', () => {
    const phone = new Phone();
    phone.dial('*48');
    phone.speak(3);
    for (const sequence of [5000, 5001, 5002]) {
      phone.send({
        marker: false,
        payloadType: 0,
        ssrc: 8,
        sequence,
        timestamp: sequence * 160,
        payload: Buffer.alloc(160),
      });
    }
    expect(steps(phone).slice(-2)).toEqual([1, 1]);
  });

  it('sends nothing on when its line is closed', () => {
    const phone = new Phone();
    phone.press('*');
    phone.screen.close();
    phone.pass(5_000);
    expect(phone.heard).toEqual([]);
  });
});
