import type { PayloadDescription } from '../../../src/media';
import type { Lane } from '../../../src/recorder/timeline/lane';
import { Timeline } from '../../../src/recorder/timeline/timeline';
import { packetsOf, type Script } from './sender';

const PAYLOADS: readonly PayloadDescription[] = [
  [0, 'PCMU', 8000, 1],
  [8, 'PCMA', 8000, 1],
  [9, 'G722', 8000, 1],
  [13, 'CN', 8000, 1],
  [96, 'CELT', 48_000, 2],
  [97, 'L16', 16_000, 1],
  [98, 'L16', 44_100, 2],
  [101, 'telephone-event', 8000, 1],
].map(([payloadType, codec, clockRate, channels]) => ({
  payloadType: payloadType as number,
  codec: codec as string,
  clockRate: clockRate as number,
  channels: channels as number,
  fmtp: undefined,
}));

/** Something that happens at an instant of true time. */
export type Happening = { readonly at: number; readonly act: (lanes: Lane[], at: number) => void };

export interface Rehearsal {
  readonly channels: Int16Array[];
  readonly timeline: Timeline;
  readonly lanes: Lane[];
  readonly rate: number;
  /** Frames handed to the sink, as often as they were. */
  readonly written: number;
}

/**
 * Plays scripts to a timeline, a lane and channel each (an array of scripts is one lane), in virtual time
 * until `untilMs`, as a worker would: a tick every 100 ms, a flush every 400 ms.
 */
export function rehearse(
  scripts: ReadonlyArray<Script | readonly Script[]>,
  options: {
    rate?: number;
    untilMs: number;
    openedAt?: number;
    also?: readonly Happening[];
  },
): Rehearsal {
  const { rate = 8000, untilMs, openedAt = 0, also = [] } = options;
  const count = scripts.length;
  let file = new Int16Array(0);
  let written = 0;
  const timeline = new Timeline(rate, count, openedAt, (frame, pcm) => {
    const end = frame * count + pcm.length;
    if (end > file.length) {
      const grown = new Int16Array(Math.max(end, file.length * 2));
      grown.set(file);
      file = grown;
    }
    file.set(pcm, frame * count);
    written += pcm.length / count;
  });
  const lanes = scripts.map((_, channel) => {
    const lane = timeline.lane(channel, { active: true, now: openedAt });
    lane.understand(PAYLOADS);
    return lane;
  });
  const happenings: Happening[] = [...also];
  scripts.forEach((script, index) => {
    const lane = lanes[index]!;
    for (const one of Array.isArray(script) ? script : [script]) {
      const { packets, reports } = packetsOf(one as Script);
      for (const { control, arrival } of reports) {
        happenings.push({ at: arrival, act: () => lane.receiveControl(control, arrival) });
      }
      for (const { packet, arrival } of packets) {
        happenings.push({ at: arrival, act: () => lane.receive(packet, arrival) });
      }
    }
  });
  for (let at = openedAt + 100; at < untilMs; at += 100) {
    happenings.push({
      at,
      act: () => {
        timeline.tick(at);
        if (at % 400 === 0) timeline.flush(at);
      },
    });
  }
  happenings.sort((a, b) => a.at - b.at);
  for (const { at, act } of happenings) if (at <= untilMs) act(lanes, at);
  timeline.finish(untilMs);
  const channels = Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: timeline.frames }, (_unused, n) => file[n * count + channel]!),
  );
  return { channels, timeline, lanes, rate, written };
}
