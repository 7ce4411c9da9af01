import { Fault } from '../../core';
import {
  anchor,
  type Endpoint,
  isRecordable,
  type Keying,
  type MediaDescription,
  type MediaLine,
  type MediaPlane,
  type Narrowed,
  narrow,
  negotiated,
  type OwnOrigin,
  ownOrigin,
  type PayloadDescription,
  parseSdp,
  type RecordingWords,
  type SessionDescription,
  type Side,
  type SrtpRule,
} from '../../media';
import type { MediaAddresses } from './addresses';
import type { AgreedLine, Agreement } from './agreement';
import { type LineReport, MediaLines } from './media-lines';

/** What the descriptions of the call say of its recording: RFC 7866 §7. */
export interface RecordingNotes {
  /** For what `description`, of the other side, becomes towards this one. */
  wordsFor(to: Side, description: SessionDescription): RecordingWords;
}

/** The standing description for a side, and what it says of the recording. */
export interface Repetition {
  readonly text: string;
  readonly notes: string;
}

/** What a description is to lead to. */
interface Places {
  readonly lineAt: (index: number) => MediaLine | undefined;
  readonly keying: ReadonlyArray<Keying | undefined>;
}

/**
 * The media of one call: for every m-line a line of the plane between the two sides, and every
 * description that passes made to lead here. Lines are opened by an offer, kept by its answer, and
 * closed when either says so or the call is over. Descriptions are taken one after the other.
 */
export class SessionMedia {
  readonly #lines: MediaLines;
  readonly #origin: Record<Side, OwnOrigin>;
  readonly #family: Record<Side, 4 | 6>;
  #offer:
    | { readonly from: Side; readonly text: string; readonly description: SessionDescription }
    | undefined;
  /** The last answer that was not final, complete if no other comes. */
  #preview:
    | { readonly from: Side; readonly text: string; readonly agreement: Agreement }
    | undefined;
  /** What each side said in the last complete offer and answer. */
  readonly #standing: Partial<Record<Side, string>> = {};
  #agreement: Agreement | undefined;
  /** What each side was last told of the recording, and before the pending offer. */
  readonly #noted: Record<Side, { now?: string; before?: string }> = { a: {}, b: {} };
  #narrowed = false;
  #whole = false;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    plane: MediaPlane,
    callId: string,
    private readonly addresses: MediaAddresses,
    private readonly newSessionId: () => string,
    families: Readonly<Record<Side, 4 | 6>>,
    private readonly notes?: RecordingNotes,
    /** Which formats offers may have; undefined where all may stay. Asked for each offer. */
    private readonly narrowing: () => ((format: PayloadDescription) => boolean) | undefined = () =>
      undefined,
    srtp: Readonly<Record<Side, SrtpRule>> = { a: 'mirror', b: 'mirror' },
  ) {
    this.#lines = new MediaLines(plane, callId, srtp);
    this.#family = { ...families };
    this.#origin = { a: this.#newOrigin('a'), b: this.#newOrigin('b') };
  }

  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** What both sides would agree on if the last provisional answer were the final one. */
  get foreseen(): Agreement | undefined {
    return this.#preview?.agreement ?? this.#agreement;
  }

  /** The line that a recording takes: the first audio that can be read and has been offered. */
  get recordable(): { readonly index: number; readonly line: MediaLine } | undefined {
    const media = this.#offer?.description.media ?? [];
    const index = media.findIndex(
      (one, at) => isRecordable(one) && this.#lines.at(at) !== undefined,
    );
    const line = this.#lines.at(index);
    return line && { index, line };
  }

  /** The description a side gave in the last complete offer and answer, as it gave it. */
  standing(side: Side): string | undefined {
    return this.#standing[side];
  }

  /**
   * The description that a side has of the other one, to be offered anew or to answer one that changes nothing;
   * with what is true of the recording now. Undefined before anything was agreed.
   */
  repeat(to: Side): Promise<Repetition | undefined> {
    return this.#inTurn(async () => {
      const from = otherOf(to);
      const text = this.#standing[from];
      if (text === undefined || this.#closed) return undefined;
      const description = read(text);
      const words = this.#wordsFor(to, description);
      const keying = this.#lines.repeatKeying(to, description);
      const places: Places = { lineAt: (index) => this.#lines.at(index), keying };
      return { text: this.#anchored(from, text, description, places, words), notes: noted(words) };
    });
  }

  /** A side has got a repetition. */
  repeated(to: Side, { notes }: Repetition): void {
    this.#noted[to] = { now: notes };
  }

  /** Whether what a side was told of the recording last is true now. */
  tellsTruth(to: Side): boolean {
    const text = this.#standing[otherOf(to)];
    return text === undefined || noted(this.#wordsFor(to, read(text))) === this.#noted[to].now;
  }

  /** Whether a side says nothing new, but for its wishes about recording. */
  isStanding(from: Side, text: string): boolean {
    const standing = this.#standing[from];
    return standing !== undefined && essence(standing) === essence(this.#fit(text).text);
  }

  /**
   * The answer to a repetition that was offered. Where its sender is shows anew; nothing else of what was agreed is
   * for it to change.
   * @throws Fault OFFER_NOT_UNDERSTOOD, SRTP_KEYS_UNUSABLE
   */
  answerRepetition(from: Side, text: string): Promise<void> {
    return this.#inTurn(async () => {
      const standing = this.#standing[otherOf(from)];
      const description = read(text);
      if (standing === undefined) return;
      const offered = read(standing).media;
      const terms = offered.map((one, index) =>
        negotiated(one, description.media[index] ?? { ...one, port: 0 }),
      );
      const kept = this.#agreement?.lines.every(({ line }, i) => !line || terms[i]?.accepted);
      if (!kept) return;
      this.#lines.hearAnswer(from, description);
      this.#standing[from] = text;
      await this.#lines.expect(from, description, terms);
    });
  }

  /**
   * Another callee is tried: a dialog and keys of its own, maybe over another address family. `whole`: offers are not
   * narrowed any more.
   */
  turnTo(
    family: 4 | 6,
    { whole = false, srtp = 'mirror' }: { whole?: boolean; srtp?: SrtpRule | undefined } = {},
  ): void {
    this.#lines.turnTo(srtp);
    this.#family.b = family;
    this.#whole = whole;
    this.#origin.b = this.#newOrigin('b');
    this.#noted.b = {};
  }

  /** The last offer lost codecs on its way. */
  get narrowed(): boolean {
    return this.#narrowed;
  }

  /**
   * Takes the offer of one side and gives the one for the other. `onTaken` is called when it has been taken,
   * before the other is written.
   * @throws Fault OFFER_NOT_UNDERSTOOD, PORTS_EXHAUSTED, MEDIA_WORKER_LOST, SRTP_REQUIRED, SRTP_NOT_ALLOWED,
   * SRTP_KEYS_UNUSABLE
   */
  offer(from: Side, whole: string, onTaken: () => void = () => {}): Promise<string> {
    return this.#inTurn(async () => {
      const { text, narrowed } = this.#fit(whole);
      this.#narrowed = narrowed;
      const description = read(text);
      this.#learnFamily(from, description);
      if (this.#closed) throw new Fault('OFFER_NOT_UNDERSTOOD', 'the call is over');
      const { a, b } = this.#family;
      const bind = { a: this.addresses.bind(a), b: this.addresses.bind(b) };
      await this.#lines.open(description, bind);
      const keying = this.#lines.hearOffer(from, description);
      this.#offer = { from, text, description };
      this.#preview = undefined;
      // Before anything was agreed, media may come as soon as the offer is out (RFC 3264 §5.1).
      const known = this.#agreement ? undefined : this.#lines.expect(from, description, undefined);
      onTaken();
      const lineAt = (index: number) => this.#lines.at(index);
      const told = this.#told(from, text, description, { lineAt, keying });
      await known;
      return told;
    });
  }

  /**
   * Takes the answer of one side and gives the one for the other. Until it is `final` another may follow:
   * of a fork, or of the next target. `onTaken` as with `offer`.
   * @throws Fault OFFER_NOT_UNDERSTOOD, SRTP_KEYS_UNUSABLE
   */
  answer(
    from: Side,
    text: string,
    final: boolean,
    onTaken: () => void = () => {},
  ): Promise<string> {
    return this.#inTurn(async () => {
      const description = read(text);
      const offer = this.#offer;
      if (!offer || offer.from === from) {
        throw new Fault('OFFER_NOT_UNDERSTOOD', 'an answer without an offer');
      }
      const lines = offer.description.media.map((offered, index) =>
        this.#agree(offered, description.media[index], index),
      );
      const terms = lines.map((line) => line.terms);
      this.#lines.hearAnswer(from, description);
      const known = [
        this.#lines.expect(offer.from, offer.description, terms),
        this.#lines.expect(from, description, terms),
      ];
      this.#preview = { from, text, agreement: { offerer: offer.from, lines } };
      // Before what was refused is forgotten, for it is answered as it was offered.
      const keying = this.#lines.answerKeying(offer.from, description);
      if (final) this.#settle();
      onTaken();
      const lineAt = (index: number) => lines[index]?.line;
      const told = this.#told(from, text, description, { lineAt, keying });
      await Promise.all(known);
      return told;
    });
  }

  /**
   * The final response came without a description: what a provisional one had shown holds, though RFC 3261
   * §13.2.1 wants it repeated.
   */
  confirm(): Promise<void> {
    return this.#inTurn(async () => this.#settle());
  }

  /** The pending offer was refused: what it had opened is closed, what was agreed stays. */
  refused(): Promise<void> {
    return this.#inTurn(async () => {
      const to = this.#offer && otherOf(this.#offer.from);
      if (to) this.#noted[to] = { now: this.#noted[to].before ?? this.#noted[to].now };
      if (!this.#agreement) return;
      this.#lines.withdraw();
    });
  }

  /** Closes every line and tells what each has carried. Safe to call twice. */
  close(): Promise<readonly LineReport[]> {
    return this.#inTurn(async () => {
      this.#closed = true;
      return this.#lines.close();
    });
  }

  /** Without the codecs that stand in the way of what is to be played. */
  #fit(whole: string): Narrowed {
    const wanted = this.#whole ? undefined : this.narrowing();
    const fitting = wanted && narrow(whole, wanted);
    return fitting?.ok ? fitting.value : { text: whole, narrowed: false };
  }

  #agree(
    offered: MediaDescription,
    answered: MediaDescription | undefined,
    index: number,
  ): AgreedLine {
    const answer = answered ?? { ...offered, port: 0 };
    const terms = negotiated(offered, answer);
    return {
      offer: offered,
      answer,
      terms,
      line: terms.accepted ? this.#lines.at(index) : undefined,
    };
  }

  #settle(): void {
    const preview = this.#preview;
    const offer = this.#offer;
    this.#preview = undefined;
    if (!preview || !offer) return;
    this.#standing[offer.from] = offer.text;
    this.#noted[preview.from] = { now: this.#noted[preview.from].now };
    this.#standing[preview.from] = preview.text;
    this.#agreement = preview.agreement;
    this.#lines.keep(preview.agreement);
  }

  /** What the other side is told. */
  #told(from: Side, text: string, description: SessionDescription, places: Places): string {
    const to = otherOf(from);
    const words = this.#wordsFor(to, description);
    const anchored = this.#anchored(from, text, description, places, words);
    this.#noted[to] = { now: noted(words), before: this.#noted[to].now };
    return anchored;
  }

  #wordsFor(to: Side, description: SessionDescription): RecordingWords | undefined {
    return this.notes?.wordsFor(to, description);
  }

  #anchored(
    from: Side,
    text: string,
    description: SessionDescription,
    { lineAt, keying }: Places,
    recording: RecordingWords | undefined,
  ): string {
    const to = otherOf(from);
    const media: Array<Endpoint | 'reject'> = [];
    for (let index = 0; index < description.media.length; index++) {
      const local = lineAt(index)?.local[to];
      media.push(local ? this.addresses.advertised(local) : 'reject');
    }
    const anchored = anchor(text, {
      origin: this.#origin[to],
      media,
      keying,
      ...(recording && { recording }),
    });
    if (!anchored.ok) throw anchored.fault;
    this.#origin[to] = anchored.value.origin;
    return anchored.value.text;
  }

  #learnFamily(side: Side, { media, connection }: SessionDescription): void {
    const seen = media.find(({ port }) => port !== 0)?.connection ?? connection;
    if (!seen || seen.family === this.#family[side]) return;
    this.#family[side] = seen.family;
    this.#origin[side] = { ...this.#origin[side], address: this.addresses.shown(seen.family) };
  }

  #newOrigin(side: Side): OwnOrigin {
    return ownOrigin(this.newSessionId(), this.addresses.shown(this.#family[side]));
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** What is said of the recording, to be compared. */
function noted(words: RecordingWords | undefined): string {
  return (words?.marks ?? []).join();
}

function otherOf(side: Side): Side {
  return side === 'a' ? 'b' : 'a';
}

/** A description without what may differ although nothing has changed: its version, and words about recording. */
function essence(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/^(o=|a=record(pref)?:)/.test(line))
    .join('\n');
}

function read(text: string): SessionDescription {
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  // RFC 8866 §5.7. Whoever does not say where it hears would have to be guessed from where it speaks.
  if (parsed.value.media.some(({ port, connection }) => port !== 0 && !connection)) {
    throw new Fault('OFFER_NOT_UNDERSTOOD', 'a media line without a connection address');
  }
  return parsed.value;
}
