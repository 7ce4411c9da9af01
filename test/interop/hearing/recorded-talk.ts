import type { CallRecord } from '../../../src/sip';
import type { IncomingRequest } from '../../../src/ua';
import { until } from '../b2bua/ear';
import type { Talk, Written } from './exchange';
import { type Handset, PCMU } from './handset';
import { noise } from './judge';

/** What a phone says of itself that is told how its recording stands. */
export const AWARE = { Supported: 'record-aware', Allow: 'INVITE, ACK, BYE, CANCEL, UPDATE, INFO' };
/** Packets of each side at each stage, at the least. */
const STAGE = 50;
/** Longer than any call, so that each frame is there once. */
const SECONDS = 200;

/** How many frames the caller and the callee have said. */
export type Mark = readonly [caller: number, callee: number];

/** A recorded caller, who is told how that stands (RFC 7866 §6.3), and whom it speaks with. */
export class RecordedTalk {
  readonly speakers: readonly [Handset, Handset];
  #version = 1;
  #told = '';

  constructor(private readonly talk: Talk) {
    const { caller, callee, dialogs, ports } = talk;
    this.speakers = [caller, callee];
    const answer = (request: IncomingRequest) => {
      this.#hear(request.body);
      void request.respond(200, { body: this.#description(), headers: AWARE });
    };
    dialogs.caller.onUpdate = answer;
    dialogs.caller.onReinvite = answer;
    caller.speak(noise(SECONDS, 1), ports.caller);
    callee.speak(noise(SECONDS, 2), ports.callee);
  }

  /** What was said until now. */
  get said(): Mark {
    const [caller, callee] = this.speakers;
    return [caller.sent.length, callee.sent.length];
  }

  /** The same, once all of it has passed the house. */
  async saidAndHeard(): Promise<Mark> {
    const mark = this.said;
    const [caller, callee] = this.speakers;
    await until(
      'it is heard',
      () => hears(callee, caller, mark[0]) && hears(caller, callee, mark[1]),
    );
    return mark;
  }

  /** Both say so much more. */
  async goOn(): Promise<Mark> {
    const enough = Math.max(...this.said) + STAGE;
    await until('something more is said', () => Math.min(...this.said) >= enough);
    return this.saidAndHeard();
  }

  /** Resolves when it is in force. */
  async prefer(preference: 'pause' | 'on'): Promise<void> {
    const body = `${this.#description()}a=recordpref:${preference}\r\n`;
    const final = await this.talk.dialogs.caller.reinvite({ body, headers: AWARE });
    if (final.kind === 'rejected') throw new Error(`refused with ${final.response.status}`);
    final.ack();
    this.#hear(final.response.body);
    await this.#inForce(preference === 'pause' ? 'paused' : 'on');
  }

  /** Dials while both speak; resolves when it is in force. */
  async dial(code: string, wanted: 'paused' | 'on'): Promise<void> {
    this.speakers[0].press(code);
    await this.#inForce(wanted);
  }

  /** A phone is told `on` before audio flows again: what asks for the same once more is answered when it does. */
  async #inForce(wanted: 'paused' | 'on'): Promise<void> {
    await until(`the phone is told: ${wanted}`, () => this.#told === wanted);
    const headers = { Record: wanted === 'on' ? 'resume' : 'pause' };
    expect((await this.talk.dialogs.caller.request('INFO', { headers })).status).toBe(200);
  }

  /** They fall silent, hear each other out, and hang up. */
  async end(): Promise<void> {
    for (const speaker of this.speakers) speaker.hush();
    await this.saidAndHeard();
    await this.talk.dialogs.caller.bye();
  }

  #hear(description: string): void {
    this.#told = /^a=record:(\S+)/m.exec(description)?.[1] ?? this.#told;
  }

  #description(): string {
    return this.talk.caller.describe([PCMU], 'sendrecv', ++this.#version);
  }
}

/** Whether it has heard the last of so many frames. */
function hears(listener: Handset, speaker: Handset, count: number): boolean {
  const last = Buffer.from(speaker.sent[count - 1]!);
  return listener.packets.some(({ payload }) => last.equals(payload));
}

/** What was asked for, and what it came to; not what only asked whether it is so. */
export function commands({ controls }: Written<CallRecord>): string[] {
  return controls
    .filter(({ result }) => result !== 'already')
    .map(({ by, action, result }) => `${by} ${action} ${result}`);
}
