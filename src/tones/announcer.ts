import { Fault } from '../core';
import {
  canPlay,
  type MediaLine,
  type Playback,
  type Program,
  type Side,
  type StreamFormat,
} from '../media';
import type { Cue } from './cue';

/** Whom to play to, and in what. */
export interface Listener {
  readonly side: Side;
  /** What has been agreed that this party receives, preferred first. */
  readonly formats: readonly StreamFormat[];
}

/** That something was played to somebody: there is one for each time something left. */
export interface Evidence {
  readonly what: string;
  readonly listener: Side;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** False when it was cut short, or packets of it could not leave. */
  readonly complete: boolean;
  readonly fileHash: string;
}

/** Something that plays to the parties of a line. */
export interface Announcement {
  /** Cuts it short. Safe when it is over. */
  stop(): void;
  /** When it is over for all: played out, stopped, or the line closed. Never rejects. */
  readonly done: Promise<readonly Evidence[]>;
}

/** The reminder's interval in seconds. */
export const REMINDER_SECONDS = { from: 10, to: 90 } as const;

/**
 * Plays once to all listeners. A prompt holds the other party back from the listener; with `mix` (for a
 * tone) it is added to what the other party says.
 * Rejects with Fault ANNOUNCEMENT_NOT_POSSIBLE, and plays to nobody, when one of them cannot be played to.
 */
export function announce(
  line: MediaLine,
  listeners: readonly Listener[],
  cue: Cue,
  kind: Program['kind'] = 'replace',
): Promise<Announcement> {
  return played(line, listeners, cue, { kind });
}

/**
 * Mixes a tone into what all listeners hear, again and again until stopped. The first comes after
 * `firstAfterSeconds`, by default at once.
 * Rejects with Fault ANNOUNCEMENT_NOT_POSSIBLE, and plays to nobody, when one of them cannot be played
 * to; with SOUND_NOT_USABLE when the interval is out of range.
 */
export async function reminder(
  line: MediaLine,
  listeners: readonly Listener[],
  cue: Cue,
  everySeconds: number,
  firstAfterSeconds = 0,
): Promise<Announcement> {
  const { from, to } = REMINDER_SECONDS;
  if (!(everySeconds >= from && everySeconds <= to)) {
    const told = `reminder tone: give an interval of ${from} to ${to} s, not ${everySeconds}`;
    throw new Fault('SOUND_NOT_USABLE', told);
  }
  return played(line, listeners, cue, {
    kind: 'mix',
    repeat: { everyMs: 1000 * everySeconds, firstAfterMs: 1000 * firstAfterSeconds },
  });
}

async function played(
  line: MediaLine,
  listeners: readonly Listener[],
  { what, sound, fileHash }: Cue,
  how: Pick<Program, 'kind' | 'repeat'>,
): Promise<Announcement> {
  const deaf = listeners.find(({ formats }) => !canPlay(formats, sound));
  if (deaf) {
    const codecs = deaf.formats.map(({ codec }) => codec).join(', ');
    throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', `side ${deaf.side} takes ${codecs || 'nothing'}`);
  }
  const playbacks = await Promise.all(
    listeners.map(({ side, formats }) => line.play(side, { ...how, formats, sound })),
  );
  const stop = (): void => {
    for (const playback of playbacks) playback.stop();
  };
  const evidenceOf = async (playback: Playback, { side }: Listener): Promise<Evidence[]> => {
    const { rounds } = await playback.done;
    return rounds.map(({ startedAt, endedAt, complete }) => ({
      what,
      listener: side,
      startedAt: new Date(startedAt),
      endedAt: new Date(endedAt),
      complete,
      fileHash,
    }));
  };
  const all = playbacks.map((playback, i) => evidenceOf(playback, listeners[i]!));
  return { stop, done: Promise.all(all).then((evidence) => evidence.flat()) };
}
