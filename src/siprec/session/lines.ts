import { type Endpoint, type PayloadDescription, type SrtpKeys, sameKeys } from '../../media';
import type { Label, RecordedStream } from './recording';

/** One of our m-lines as we describe it to the recorder. */
export interface OurLine {
  readonly label: Label;
  readonly codecs: readonly PayloadDescription[];
  /** `rejected` is port zero. */
  readonly direction: 'sendonly' | 'inactive' | 'rejected';
}

/** The same m-line as the recorder describes it, in an offer or an answer. */
export interface RecorderLine {
  /** It refuses or has removed the line, or what it wants cannot be done. */
  readonly refused: boolean;
  /** Where it wants the stream; undefined also while it holds the line without an address. */
  readonly remote: Endpoint | undefined;
  /** False while it is not ready to receive: `inactive` (RFC 7866 §7.2). */
  readonly receives: boolean;
  /** Payload types it lists. */
  readonly payloadTypes: readonly number[];
  /** With what it protects its reports; undefined in the clear. */
  readonly keys?: SrtpKeys | undefined;
}

/** What is to be done to a fork. */
export type ForkAction =
  | { readonly do: 'start-fork'; readonly label: Label; readonly remote: Endpoint }
  | {
      readonly do: 'keep-fork' | 'pause-fork' | 'resume-fork' | 'close-fork';
      readonly label: Label;
    };

interface Line {
  readonly label: Label;
  codecs: readonly PayloadDescription[];
  /** By the recorder; a refused line stays so for the rest of its session. */
  rejected: boolean;
  remote: Endpoint | undefined;
  receives: boolean;
  fork: 'waiting' | 'started' | 'closed';
  startedTo: Endpoint | undefined;
  keys: SrtpKeys | undefined;
  startedWith: SrtpKeys | undefined;
  /** Some recorder of this recording was sent it. */
  recorded: boolean;
  gated: boolean;
}

/** What a line is to a recorder that has not been asked yet. */
const NOTHING_AGREED = {
  rejected: false,
  remote: undefined,
  receives: false,
  fork: 'waiting',
  startedTo: undefined,
  keys: undefined,
  startedWith: undefined,
} as const;

/**
 * The m-lines of a recording session with the forks behind them: what was agreed with the recorder in, what
 * is to be done to the forks out. A fork that waits for the recorder keeps packets in its buffer; a gated one
 * keeps and sends nothing, as does one whose line the recorder refuses: another may want it.
 *
 * A pause closes the gates first; only when they are closed are the lines described as inactive. The other
 * way round they open when the recorder has agreed to `sendonly`.
 */
export class RecordedLines {
  readonly #lines: readonly Line[];
  #pause: 'off' | 'gating' | 'on' = 'off';

  constructor(streams: readonly RecordedStream[]) {
    this.#lines = streams.map(({ label, codecs }) => ({
      label,
      codecs,
      ...NOTHING_AGREED,
      recorded: false,
      gated: false,
    }));
  }

  get count(): number {
    return this.#lines.length;
  }

  get pausing(): 'off' | 'gating' | 'on' {
    return this.#pause;
  }

  pause(): void {
    if (this.#pause === 'off') this.#pause = 'gating';
  }

  /** Every gate that `pause` asked for is closed. */
  gated(): void {
    if (this.#pause === 'gating') this.#pause = 'on';
  }

  resume(): void {
    this.#pause = 'off';
  }

  /** Our side, to be offered. */
  describe(): readonly OurLine[] {
    return this.#lines.map(({ label, codecs, rejected, fork }) => {
      const silent = this.#pause === 'on' || fork === 'closed';
      return { label, codecs, direction: rejected ? 'rejected' : silent ? 'inactive' : 'sendonly' };
    });
  }

  /**
   * Our side as an answer to the recorder's offer: nothing that it cannot take (RFC 3264 §6.1), and of the
   * payload formats those it lists, unless it lists none of ours.
   */
  describeAnswer(offer: readonly RecorderLine[]): readonly OurLine[] {
    return this.describe().map((line, index) => {
      const theirs = offer[index];
      if (!theirs || theirs.refused) return { ...line, direction: 'rejected' };
      const common = line.codecs.filter(({ payloadType }) =>
        theirs.payloadTypes.includes(payloadType),
      );
      const quiet = line.direction === 'sendonly' && !theirs.receives;
      return {
        label: line.label,
        codecs: common.length > 0 ? common : line.codecs,
        direction: quiet ? 'inactive' : line.direction,
      };
    });
  }

  setCodecs(label: Label, codecs: readonly PayloadDescription[]): void {
    const line = this.#lines.find((one) => one.label === label);
    if (line && codecs.length > 0) line.codecs = codecs;
  }

  /** Takes what the recorder says of each line; lines it leaves out are refused (RFC 3264 §6). */
  hear(recorder: readonly RecorderLine[]): void {
    this.#lines.forEach((line, index) => {
      const said = recorder[index];
      line.rejected ||= said?.refused ?? true;
      line.remote = said?.remote;
      line.receives = said?.receives ?? false;
      line.keys = said?.keys;
    });
  }

  get allRejected(): boolean {
    return this.#lines.every(({ rejected }) => rejected);
  }

  get rejected(): readonly Label[] {
    return this.#lines.filter(({ rejected }) => rejected).map(({ label }) => label);
  }

  /** Labels whose audio was let through to a recorder at some time. */
  get recorded(): readonly Label[] {
    return this.#lines.filter(({ recorded }) => recorded).map(({ label }) => label);
  }

  /** The recorder of now was sent something: what is still missing of it is nowhere else. */
  get begun(): boolean {
    return this.#lines.some(({ startedTo }) => startedTo);
  }

  /** The recorder is gone, with all that was agreed with it: what is said from now on is kept for the next one. */
  forget(): readonly ForkAction[] {
    const kept = this.#lines.flatMap((line): ForkAction[] => {
      const { label, fork } = line;
      if (fork === 'closed') return [];
      Object.assign(line, NOTHING_AGREED);
      return fork === 'started' ? [{ do: 'keep-fork', label }] : [];
    });
    return [...kept, ...this.reconcile(false)];
  }

  /** What makes the forks do as agreed; `agreed`: the last completed offer and answer has us sending. */
  reconcile(agreed: boolean): readonly ForkAction[] {
    const paused = this.#pause !== 'off';
    const actions: ForkAction[] = [];
    for (const line of this.#lines) {
      if (line.fork !== 'closed') reconcileLine(line, agreed, paused, actions);
    }
    return actions;
  }

  closeAll(): readonly ForkAction[] {
    const open = this.#lines.filter(({ fork }) => fork !== 'closed');
    for (const line of open) line.fork = 'closed';
    return open.map(({ label }) => ({ do: 'close-fork', label }));
  }
}

function reconcileLine(line: Line, agreed: boolean, paused: boolean, actions: ForkAction[]): void {
  const { label, remote, rejected } = line;
  const flows = agreed && !paused && !rejected && line.receives && remote !== undefined;
  // A fork that was never started waits for the recorder with its buffer open.
  const gate = paused || rejected || (line.fork === 'started' && !flows);
  if (gate && !line.gated) {
    line.gated = true;
    actions.push({ do: 'pause-fork', label });
  }
  const same = sameEndpoint(line.startedTo, remote) && sameKeys(line.startedWith, line.keys);
  if (flows && !same) {
    line.fork = 'started';
    line.recorded = true;
    line.startedTo = remote;
    line.startedWith = line.keys;
    actions.push({ do: 'start-fork', label, remote });
  }
  if (!gate && line.gated) {
    line.gated = false;
    actions.push({ do: 'resume-fork', label });
  }
}

function sameEndpoint(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return (
    one?.address === other?.address &&
    one?.rtpPort === other?.rtpPort &&
    one?.rtcpPort === other?.rtcpPort
  );
}
