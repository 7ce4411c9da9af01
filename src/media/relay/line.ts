import type { Instant, Millis } from '../../core';
import type {
  DigitListening,
  Endpoint,
  LineStats,
  OpenLine,
  PlaneEvent,
  Side,
  StreamStats,
  WireSecurity,
} from '../plane';
import { loadKit, SrtpTransform } from '../srtp';
import type { Agenda } from './agenda';
import { DigitScreen } from './digit-screen';
import { type Content, Leg, type Tap } from './leg';
import type { PortPair } from './port-pairs';

/** What `describe` may change. */
export type Description = Pick<OpenLine, 'clockRates' | 'watch' | 'held' | 'opaque'>;

const SIDES: readonly Side[] = ['a', 'b'];
const PAYLOAD_TYPES = 128;

/** Two legs that relay to each other. */
export class Line {
  readonly #legs: Readonly<Record<Side, Leg>>;
  readonly #content: Content = { opaque: false, clockRates: new Int32Array(PAYLOAD_TYPES) };
  readonly #silent: Record<Side, boolean> = { a: false, b: false };
  /** Of each side that has ever been by SRTP: for its contexts, and for what it has counted. */
  readonly #srtp: Partial<Record<Side, SrtpTransform>> = {};
  readonly #digits: Partial<Record<Side, DigitScreen>> = {};
  #watch: boolean | undefined;
  #held = false;
  #watchedSince: Instant = 0;

  constructor(
    readonly id: string,
    readonly callId: string,
    private readonly pairs: Readonly<Record<Side, PortPair>>,
    description: Description,
    private readonly emit: (event: PlaneEvent) => void,
    now: Instant,
  ) {
    const leg = (side: Side): Leg =>
      new Leg(pairs[side], this.#content, (from) =>
        this.emit({ kind: 'latched', callId, lineId: id, side, from }),
      );
    this.#legs = { a: leg('a'), b: leg('b') };
    this.#legs.a.peer = this.#legs.b;
    this.#legs.b.peer = this.#legs.a;
    this.describe({ ...description, watch: description.watch ?? true }, now);
  }

  get local(): Record<Side, Endpoint> {
    return { a: localEndpoint(this.pairs.a), b: localEndpoint(this.pairs.b) };
  }

  /** Packets relayed in both directions. */
  get packets(): number {
    return this.#legs.a.packets + this.#legs.b.packets;
  }

  /** False when `remote` cannot be sent to: nothing is sent then. */
  expect(side: Side, remote: Endpoint | undefined, now: Instant): boolean {
    if (remote && this.#isOwn(remote)) {
      this.#legs[side].expect(undefined, now);
      return false;
    }
    return this.#legs[side].expect(remote, now);
  }

  secure(side: Side, security: WireSecurity): void {
    if (security === 'clear') {
      this.#legs[side].transform(undefined);
      this.#srtp[side]?.close();
      return;
    }
    this.#srtp[side] ??= new SrtpTransform(loadKit());
    this.#srtp[side].use(security === 'keys-awaited' ? undefined : security);
    this.#legs[side].transform(this.#srtp[side]);
  }

  describe(description: Description, now: Instant): void {
    const { clockRates, watch, held, opaque } = description;
    if (opaque !== undefined) this.#content.opaque = opaque;
    if (held !== undefined) this.#held = held;
    if (watch !== undefined && watch !== this.#watch) {
      this.#watch = watch;
      this.#watchedSince = now;
    }
    if (clockRates) {
      this.#content.clockRates.fill(0);
      for (const [payloadType, rate] of Object.entries(clockRates)) {
        this.#content.clockRates[Number(payloadType)] = rate;
      }
    }
    for (const side of SIDES) this.#legs[side].described();
  }

  /** Hz of a payload type, 0 when unknown. */
  clockRate(payloadType: number): number {
    return this.#content.clockRates[payloadType] ?? 0;
  }

  /** Listens to the digits of a side; again: for something else. */
  listenForDigits(side: Side, listening: DigitListening, agenda: Agenda, now: Instant): void {
    const known = this.#digits[side];
    if (known) {
      known.listen(listening, now);
      return;
    }
    const { id: lineId, callId } = this;
    const leg = this.#legs[side];
    const screen = new DigitScreen(
      listening,
      agenda,
      (bytes, offset, length, then) => leg.pass(bytes, offset, length, then),
      (code) => this.emit({ kind: 'code', callId, lineId, side, code }),
    );
    this.#digits[side] = screen;
    leg.screen(screen);
  }

  tap(side: Side, tap: Tap): void {
    this.#legs[side].tap(tap);
  }

  untap(side: Side, tap: Tap): void {
    this.#legs[side].untap(tap);
  }

  /** The leg that `side`'s party listens to. */
  leg(side: Side): Leg {
    return this.#legs[side];
  }

  get opaque(): boolean {
    return this.#content.opaque;
  }

  stopPlaying(id: string, now: Instant): void {
    for (const side of SIDES) this.#legs[side].stopPlaying(id, now);
  }

  close(now: Instant): void {
    for (const side of SIDES) {
      this.#digits[side]?.close();
      this.#legs[side].close(now);
      this.#srtp[side]?.close();
    }
  }

  /** Reports each side that has been silent for its timeout, once per silence. */
  checkSilence(now: Instant, timeout: Millis, holdTimeout: Millis): void {
    let limit = Number.POSITIVE_INFINITY;
    if (this.#watch === true) limit = timeout;
    else if (this.#held) limit = holdTimeout;
    for (let i = 0; i < SIDES.length; i++) {
      const side = SIDES[i]!;
      const since = Math.max(this.#legs[side].lastAt, this.#watchedSince);
      const silentMs = now - since;
      const silent = silentMs >= limit;
      if (silent && !this.#silent[side]) {
        this.emit({ kind: 'rtp-timeout', callId: this.callId, lineId: this.id, side, silentMs });
      }
      this.#silent[side] = silent;
    }
  }

  /** A party that names our own ports would have the line talk to itself for ever. */
  #isOwn({ address, rtpPort, rtcpPort }: Endpoint): boolean {
    return Object.values(this.local).some(
      (own) =>
        own.address === address &&
        [rtpPort, rtcpPort].some((port) => port === own.rtpPort || port === own.rtcpPort),
    );
  }

  stats(): LineStats {
    return { a: this.#stats('a'), b: this.#stats('b') };
  }

  #stats(side: Side): StreamStats {
    const { unauthentic = 0, replayed = 0 } = this.#srtp[side] ?? {};
    return { ...this.#legs[side].stats(), unauthentic, replayed };
  }
}

/** The ports of a pair as signalling names them. */
export function localEndpoint(pair: PortPair): Endpoint {
  return { address: pair.rtp.address, rtpPort: pair.rtp.port, rtcpPort: pair.rtcp.port };
}
