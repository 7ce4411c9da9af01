import { type Clock, Fault, type Ids, type Millis } from '../../core';
import {
  canRead,
  type EncodedFrames,
  ownOrigin,
  type PayloadDescription,
  parseSdp,
  type StreamFormat,
  sameCodec,
  staticPayloadType,
  writeSdp,
} from '../../media';
import { Ear } from './ear';
import { framesOf } from './frames';
import type { FreeswitchLink } from './link';
import type { Endpoint } from './session';

/** What FreeSWITCH is to perform for us. */
export interface Performance {
  /** One of these; the first that FreeSWITCH takes. */
  readonly formats: readonly StreamFormat[];
  /** It lasts so long at least; at most `longestMs`. */
  readonly leastMs: Millis;
  readonly longestMs: Millis;
  perform(endpoint: Endpoint): Promise<unknown>;
}

/** Takes at a time: FreeSWITCH has calls of its own to serve. */
const MOST_TAKES = 4;
/** Setting an endpoint up and down. */
const OVERHEAD_MS: Millis = 10_000;
/** What FreeSWITCH sent before it said that it was done has arrived by then. */
const LAST_PACKETS_MS: Millis = 200;
/** RFC 3551 §3: for codecs that have no number of their own. */
const FIRST_DYNAMIC_TYPE = 97;

/**
 * Has FreeSWITCH perform into a stream that ends here, and keeps what comes: one endpoint a take, at the
 * pace of speech, away from any call.
 */
export class Studio {
  readonly #waiting: Array<() => void> = [];
  #taking = 0;

  constructor(
    private readonly link: FreeswitchLink,
    private readonly address: string,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Rejects with Fault FREESWITCH_UNREACHABLE or FREESWITCH_FAILED. */
  async take(performance: Performance): Promise<EncodedFrames> {
    // Who waits gets the place of one that is over.
    if (this.#taking < MOST_TAKES) this.#taking += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#take(performance);
    } catch (error) {
      if (error instanceof Fault) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Fault('FREESWITCH_FAILED', reason);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taking -= 1;
    }
  }

  async #take({ formats, leastMs, longestMs, perform }: Performance): Promise<EncodedFrames> {
    const ear = await Ear.open(this.address);
    try {
      const pending = this.link.endpoint(this.#offer(ear.port, formats));
      // It may come when nobody waits for it any more.
      const leave = (): void =>
        void pending.then(
          ({ dialog }) => dialog.destroy(),
          () => {},
        );
      try {
        return await this.#within(longestMs + OVERHEAD_MS, async () => {
          const endpoint = await pending;
          const format = agreed(formats, endpoint.dialog.remote.sdp);
          await Promise.race([perform(endpoint), gone(endpoint)]);
          await new Promise<void>((resolve) => this.clock.after(LAST_PACKETS_MS, resolve));
          return framesOf(ear.packets, format, leastMs);
        });
      } finally {
        leave();
      }
    } finally {
      ear.close();
    }
  }

  #offer(port: number, formats: readonly StreamFormat[]): string {
    const local = { address: this.address, rtpPort: port, rtcpPort: port + 1 };
    const payloads = formats.map(
      (format, index): PayloadDescription => ({
        ...format,
        payloadType: staticPayloadType(format) ?? FIRST_DYNAMIC_TYPE + index,
        fmtp: format.fmtp,
      }),
    );
    const origin = ownOrigin(String(Number.parseInt(this.ids.token(4), 16)), this.address);
    return writeSdp({
      origin,
      media: [{ kind: 'audio', local, payloads, direction: 'recvonly', ptime: 20 }],
    }).text;
  }

  #within<T>(patience: Millis, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(patience, () =>
        reject(new Fault('FREESWITCH_FAILED', 'it does not come to an end')),
      );
      void work().then(resolve, reject).finally(cancel);
    });
  }
}

function gone(endpoint: Endpoint): Promise<never> {
  return new Promise((_, reject) => {
    endpoint.on('destroy', () => reject(new Error('it hung up')));
  });
}

/** The format that an answer takes, under the payload type that its packets will have. */
function agreed(formats: readonly StreamFormat[], answer: string): StreamFormat {
  const parsed = parseSdp(answer);
  const line = parsed.ok ? parsed.value.media.find(({ port }) => port !== 0) : undefined;
  const theirs = line?.payloads[0];
  const ours = formats.find(
    (format) => theirs && sameCodec({ ...format, fmtp: undefined }, theirs),
  );
  if (!theirs || !ours) {
    const asked = formats.map(({ codec }) => codec).join(', ');
    throw new Fault('FREESWITCH_FAILED', `it does not take ${asked}`);
  }
  if (!canRead(ours, theirs)) {
    const { codec, fmtp = '' } = theirs;
    throw new Fault('FREESWITCH_FAILED', `it packs ${codec} another way: ${fmtp}`);
  }
  return { ...ours, payloadType: theirs.payloadType, fmtp: theirs.fmtp };
}
