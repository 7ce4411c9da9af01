import type { Cancel } from '../../core';
import { BETWEEN_DIGITS_MS, CodeMatcher, type MediaLine } from '../../media';
import { DialogGone, type IncomingRequest } from '../../ua';
import type { CallParts } from '../call/environment';
import { type Leg, mediaSide, otherSide } from '../call/leg';
import type { CallSide } from '../call/signals';
import { detached } from '../detached';
import type { Agreement } from '../media/agreement';
import { keptBody } from '../media/bodies';
import type { UserRecordings } from '../recording/user-recordings';
import { requestHeaders } from './carry';
import { answerCommand } from './control-recording';
import { relayRequest } from './relay-request';
import { patiently } from './trying';

/** A digit that waits for what follows it. */
interface Waiting {
  readonly request: IncomingRequest;
  /** Its sender has its answer, and may dial on. */
  answered: boolean;
}

const SIDES: readonly CallSide[] = ['caller', 'callee'];

/**
 * Feature codes that recorded users dial in a call: by telephone events, which the media plane listens to, or by INFO
 * (application/dtmf-relay, application/dtmf). An INFO whose digit may belong to a code is answered at once, for
 * many a phone sends none before the last one is answered; when it turns out to be for the other party, it goes there as one
 * of ours, in its place before what was dialled later.
 */
export class DialledCodes {
  readonly #dials: Readonly<Record<CallSide, InfoDial>>;
  /** Lines on which digits have been listened for. */
  readonly #listening: Readonly<Record<CallSide, WeakSet<MediaLine>>> = {
    caller: new WeakSet(),
    callee: new WeakSet(),
  };

  constructor(
    private readonly call: Pick<CallParts, 'env' | 'log' | 'recordings'>,
    legOf: (side: CallSide) => Leg | undefined,
  ) {
    const dial = (side: CallSide) => new InfoDial(call, side, () => legOf(otherSide(side)));
    this.#dials = { caller: dial('caller'), callee: dial('callee') };
  }

  /** An INFO with a digit that is, for now, nobody else's. */
  take(from: CallSide, request: IncomingRequest): boolean {
    return this.#dials[from].take(request);
  }

  /** Both sides have agreed on what they send: so the media plane can tell digits. */
  agreed({ offerer, lines }: Agreement): void {
    for (const side of SIDES) {
      const codes = [...(this.call.recordings.of(side)?.codes.keys() ?? [])];
      if (codes.length === 0) continue;
      for (const { offer, terms, line } of lines) {
        if (!line || offer.kind !== 'audio') continue;
        const sent = offerer === mediaSide(side) ? terms.toAnswerer : terms.toOfferer;
        const formats = sent.filter(({ codec }) => codec.toLowerCase() === 'telephone-event');
        // What was an event before may be speech now.
        if (formats.length === 0 && !this.#listening[side].has(line)) continue;
        this.#listening[side].add(line);
        line.listenForDigits(mediaSide(side), { formats, codes });
      }
    }
  }

  /** The media plane has heard a code. */
  dialled(side: CallSide, code: string): void {
    const user = this.call.recordings.of(side);
    const action = user?.codes.get(code);
    if (user && action) detached(user.control(action, 'dtmf'), this.call.log, 'code not obeyed');
  }

  stop(): void {
    for (const side of SIDES) this.#dials[side].stop();
  }
}

/** What one side dials by INFO. */
class InfoDial {
  #matcher: CodeMatcher | undefined;
  readonly #waiting: Waiting[] = [];
  /** What goes to the other side goes one after the other. */
  #passed: Promise<unknown> = Promise.resolve();
  #passing = 0;
  #giveUp: Cancel = () => {};

  constructor(
    private readonly call: Pick<CallParts, 'env' | 'log' | 'recordings'>,
    private readonly side: CallSide,
    private readonly other: () => Leg | undefined,
  ) {}

  take(request: IncomingRequest): boolean {
    const digit = digitIn(request);
    const user = digit === undefined ? undefined : this.call.recordings.of(this.side);
    if (!user || user.codes.size === 0) return false;
    this.#matcher ??= new CodeMatcher([...user.codes.keys()]);
    const idle = this.#waiting.length === 0 && this.#passing === 0;
    const decisions = this.#matcher.press(digit!);
    if (idle && decisions.length === 1 && decisions[0]!.code === undefined) return false;
    this.#waiting.push({ request, answered: false });
    for (const { digits, code } of decisions) {
      const decided = this.#waiting.splice(0, digits);
      if (code === undefined) for (const one of decided) this.#pass(one);
      else this.#obey(user, code, decided);
    }
    for (const waiting of this.#waiting) {
      if (!waiting.answered) void waiting.request.respond(200);
      waiting.answered = true;
    }
    this.#await();
    return true;
  }

  stop(): void {
    this.#giveUp();
    this.#waiting.length = 0;
  }

  #await(): void {
    this.#giveUp();
    if (this.#waiting.length === 0) return;
    this.#giveUp = this.call.env.clock.after(BETWEEN_DIGITS_MS, () => {
      for (const one of this.#waiting.splice(0, this.#matcher!.giveUp())) this.#pass(one);
    });
  }

  /** The last digit of a code is answered as the command that it is. */
  #obey(user: UserRecordings, code: string, digits: readonly Waiting[]): void {
    const { env, log } = this.call;
    const done = user.control(user.codes.get(code)!, 'dtmf');
    for (const { request, answered } of digits) {
      if (answered) continue;
      const said = patiently(env.clock, request, done).then((result) =>
        answerCommand(request, result),
      );
      detached(said, log, 'code not answered');
    }
  }

  #pass({ request, answered }: Waiting): void {
    this.#passing += 1;
    const pass = async (): Promise<unknown> =>
      answered ? this.#sendOn(request) : relayRequest(this.call, request, this.other());
    this.#passed = this.#passed
      .then(pass)
      .catch((error: unknown) => {
        if (!(error instanceof DialogGone)) this.call.log.debug({ err: error }, 'digit not passed');
      })
      .finally(() => {
        this.#passing -= 1;
      });
  }

  /** The one who sent it has its answer: what the other side says to it is nobody's to hear. */
  async #sendOn(request: IncomingRequest): Promise<void> {
    const passed = keptBody(request);
    await this.other()?.request('INFO', {
      headers: requestHeaders(this.call.env, request, passed),
      body: passed.body,
    });
  }
}

const NUMBERED: Readonly<Record<string, string>> = { '10': '*', '11': '#' };

/** The digit that an INFO tells of; undefined when it tells of none. */
function digitIn(request: IncomingRequest): string | undefined {
  if (request.method !== 'INFO') return undefined;
  const type = (request.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const word =
    type === 'application/dtmf-relay'
      ? /^\s*signal\s*=\s*(\S+)/im.exec(request.body)?.[1]
      : type === 'application/dtmf'
        ? request.body.trim()
        : undefined;
  if (word === undefined) return undefined;
  const digit = NUMBERED[word] ?? word.toUpperCase();
  return /^[0-9*#A-D]$/.test(digit) ? digit : undefined;
}
