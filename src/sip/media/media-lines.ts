import {
  clockRates,
  type Keying,
  LegKeying,
  type LineStats,
  type MediaDescription,
  type MediaLine,
  type MediaPlane,
  type Negotiated,
  remoteEndpoint,
  type SessionDescription,
  type Side,
  type SrtpRule,
  type WireSecurity,
} from '../../media';
import type { Agreement } from './agreement';

/** What one m-line carried from its opening to its end. */
export interface LineReport {
  readonly kind: string;
  readonly stats: LineStats;
}

interface Slot {
  readonly kind: string;
  readonly line: MediaLine;
  readonly bind: Readonly<Record<Side, string>>;
  /** As the line was last told. */
  readonly security: Record<Side, WireSecurity>;
  /** It has been in use. */
  readonly agreed: boolean;
}

type BothKeying = Readonly<Record<Side, LegKeying>>;

/** A line that was in use, at addresses that an offer has given up. */
interface Replaced {
  readonly slot: Slot;
  readonly keying: BothKeying | undefined;
}

/** M-lines beyond these are refused: nobody calls with more, and each costs four ports. */
const MOST_LINES = 8;

/**
 * The lines of one call in the plane, by the place of their m-lines, each with the keys of both its sides.
 */
export class MediaLines {
  readonly #slots: Array<Slot | undefined> = [];
  /** Of every m-line, also of those that have no line. */
  readonly #keying: Array<BothKeying | undefined> = [];
  readonly #reports: Array<Promise<LineReport>> = [];
  /** Indexes of the lines that the pending offer has opened. */
  #opened: number[] = [];
  /** In whose place some of them are, until that is agreed. */
  readonly #replaced = new Map<number, Replaced>();
  readonly #srtp: Record<Side, SrtpRule>;

  constructor(
    private readonly plane: MediaPlane,
    private readonly callId: string,
    srtp: Readonly<Record<Side, SrtpRule>>,
  ) {
    this.#srtp = { ...srtp };
  }

  at(index: number): MediaLine | undefined {
    return this.#slots[index]?.line;
  }

  /**
   * Opens a line for every m-line of an offer that has none yet at these addresses.
   * @throws Fault PORTS_EXHAUSTED, MEDIA_WORKER_LOST
   */
  async open(
    { media: offered }: SessionDescription,
    bind: Readonly<Record<Side, string>>,
  ): Promise<void> {
    await Promise.all(
      offered.map(async (media, index) => {
        if (media.port === 0 || media.carriage === 'stream' || index >= MOST_LINES) return;
        const slot = this.#slots[index];
        if (slot && slot.bind.a === bind.a && slot.bind.b === bind.b) return;
        if (slot?.agreed) this.#setAside(index, slot);
        else this.#drop(index);
        const line = await this.plane.open({
          callId: this.callId,
          bind,
          clockRates: clockRates(media.payloads),
          watch: false,
          opaque: isOpaque(media),
        });
        const security: Slot['security'] = { a: 'clear', b: 'clear' };
        this.#slots[index] = { kind: media.kind, line, bind, security, agreed: false };
        this.#opened.push(index);
      }),
    );
  }

  /** Resolves when the plane knows: a party may send as soon as it has our description. */
  async expect(
    side: Side,
    { media }: SessionDescription,
    terms: readonly Negotiated[] | undefined,
  ): Promise<void> {
    const known = media.map((one, index) => {
      const remote = remoteEndpoint(one, terms?.[index]?.rtcpMux ?? false);
      // On hold or by name: where it is shows when it sends (RFC 4961).
      const endpoint = remote.kind === 'endpoint' ? remote.endpoint : undefined;
      return this.#slots[index]?.line.expect(side, endpoint);
    });
    await Promise.all(known);
  }

  /** Takes the keys of an offer, and gives those to be offered to the other side. */
  hearOffer(from: Side, { media }: SessionDescription): ReadonlyArray<Keying | undefined> {
    const keying = media.map((one, index) => {
      const legs = this.#keyed(index);
      legs[from].hearOffer(one);
      return legs[from === 'a' ? 'b' : 'a'].offer(one);
    });
    this.#secure();
    return keying;
  }

  /** Takes the keys of an answer; each side's are in force from then on. */
  hearAnswer(from: Side, { media }: SessionDescription): void {
    media.forEach((one, index) => {
      const legs = this.#keyed(index);
      legs[from].hearAnswer(one);
      legs.a.settle();
      legs.b.settle();
    });
    this.#secure();
  }

  /** The keys that a side is answered with. */
  answerKeying(to: Side, { media }: SessionDescription): ReadonlyArray<Keying | undefined> {
    return media.map(({ protocol }, index) => this.#keyed(index)[to].answer(protocol));
  }

  /** The keys that a side has already. */
  repeatKeying(to: Side, { media }: SessionDescription): ReadonlyArray<Keying | undefined> {
    return media.map(({ protocol }, index) => this.#keyed(index)[to].repeat(protocol));
  }

  /** What was agreed holds: a line that was refused is closed. */
  keep(agreement: Agreement): void {
    this.#opened = [];
    for (const [index, { slot }] of this.#replaced) {
      // Whoever records the call hears it on.
      this.#slots[index]?.line.takeForks(slot.line);
      this.#close(slot);
    }
    this.#replaced.clear();
    agreement.lines.forEach(({ offer, terms, line }, index) => {
      if (!line) {
        this.#switchOff(index);
        return;
      }
      this.#slots[index] = { ...this.#slots[index]!, kind: offer.kind, agreed: true };
      line.describe({
        clockRates: clockRates(terms.toAnswerer, terms.toOfferer),
        // Silence means little on a line that is on hold, and nothing on one that is not speech.
        watch: offer.kind === 'audio' && terms.offererSends && terms.answererSends,
        held: offer.kind === 'audio' && !(terms.offererSends && terms.answererSends),
        opaque: isOpaque(offer),
      });
    });
  }

  /**
   * The line is in neither description. Audio may come back in its place (RFC 3264 §8.1), and is recorded and played
   * to as before: whoever has taken hold of the line keeps it, and so do the contexts of its keys.
   */
  #switchOff(index: number): void {
    const slot = this.#slots[index];
    if (slot?.kind === 'audio' && slot.agreed) slot.line.describe({ watch: false, held: true });
    else this.#drop(index);
  }

  /** The offer that opened lines was refused: they are closed, and keys that it brought forgotten. */
  withdraw(): void {
    for (const keying of this.#keying) {
      keying?.a.withdraw();
      keying?.b.withdraw();
    }
    for (const index of this.#opened) this.#drop(index);
    this.#opened = [];
    for (const [index, { slot, keying }] of this.#replaced) {
      this.#slots[index] = slot;
      this.#keying[index] = keying;
    }
    this.#replaced.clear();
  }

  /** Another callee is tried: keys of its own, by its own rule. */
  turnTo(srtp: SrtpRule): void {
    this.#srtp.b = srtp;
    this.#keying.forEach((keying, index) => {
      if (keying) this.#keying[index] = { a: keying.a, b: new LegKeying(srtp) };
    });
  }

  /** Closes every line and tells what each has carried, also those that were closed before. */
  async close(): Promise<readonly LineReport[]> {
    for (const index of this.#slots.keys()) this.#drop(index);
    for (const { slot } of this.#replaced.values()) this.#close(slot);
    this.#replaced.clear();
    // A worker that has died has nothing to tell any more.
    const reports = await Promise.allSettled(this.#reports);
    return reports.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  #keyed(index: number): BothKeying {
    this.#keying[index] ??= { a: new LegKeying(this.#srtp.a), b: new LegKeying(this.#srtp.b) };
    return this.#keying[index];
  }

  /** Tells the lines how each side is on the wire by now. */
  #secure(): void {
    this.#slots.forEach((slot, index) => {
      if (!slot) return;
      for (const side of ['a', 'b'] as const) {
        const { wire } = this.#keyed(index)[side];
        if (wire === slot.security[side]) continue;
        slot.security[side] = wire;
        slot.line.secure(side, wire);
      }
    });
  }

  /** Goes on as it is until what is opened in its place is agreed on. */
  #setAside(index: number, slot: Slot): void {
    const first = this.#replaced.get(index);
    if (first) this.#drop(index);
    else this.#replaced.set(index, { slot, keying: this.#keying[index] });
    this.#slots[index] = undefined;
    this.#keying[index] = undefined;
  }

  #drop(index: number): void {
    const slot = this.#slots[index];
    if (!slot) return;
    this.#slots[index] = undefined;
    // What is opened here next is another stream, and may not begin anew under a key that was used.
    this.#keying[index] = undefined;
    this.#close(slot);
  }

  #close(slot: Slot): void {
    const report = slot.line.close().then((stats) => ({ kind: slot.kind, stats }));
    report.catch(() => {});
    this.#reports.push(report);
  }
}

/** What the relay must not look into: UDPTL, and DTLS that shares its port with SRTP. */
function isOpaque({ carriage }: MediaDescription): boolean {
  return carriage === 'datagrams' || carriage === 'sealed';
}
