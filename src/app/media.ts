import { availableParallelism } from 'node:os';
import type { Config } from '../config';
import { type Clock, type Log, randomIds } from '../core';
import { createRelayPlane, createRtpenginePlane, type MediaPlane } from '../media';
import { mustBeOurs } from './own-address';

/** What moves the audio of calls. */
export interface MediaService {
  readonly plane: MediaPlane;
  /** Why it can take no calls now, if so; one sentence each. */
  troubles(): readonly string[];
}

/** Rejects when it cannot be; nodes that do not answer yet are waited for while calls are refused. */
export async function openMedia(
  { media }: Config,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<MediaService> {
  const rtpTimeoutMs = (media.rtpTimeoutSeconds ?? NEVER_SECONDS) * 1000;
  if (media.plane === 'rtpengine') {
    const { nodes, digitsListen, soundDirectory, soundDirectorySeenAs, ...rtpengine } =
      media.rtpengine;
    const plane = await createRtpenginePlane({
      nodes: nodes.map(({ address, weight }) => ({ ...address, weight })),
      timeoutMs: rtpengine.timeoutSeconds * 1000,
      pingMs: rtpengine.pingSeconds * 1000,
      lostAfterMs: rtpengine.lostAfterSeconds * 1000,
      rtpTimeoutMs,
      digits: digitsListen ?? undefined,
      tonesReplaceSpeech: rtpengine.tones === 'replace',
      sounds:
        soundDirectory === null
          ? undefined
          : { directory: soundDirectory, seenAs: soundDirectorySeenAs ?? soundDirectory },
      clock,
      ids: randomIds,
      log,
    });
    return { plane, troubles: () => (plane.available ? [] : ['no rtpengine answers']) };
  }
  await mustBeOurs('media.address', media.address);
  if (media.address6 !== null) await mustBeOurs('media.address6', media.address6);
  const plane = await createRelayPlane({
    ports: { min: media.ports.first, max: media.ports.last },
    quarantineMs: media.quarantineSeconds * 1000,
    rtpTimeoutMs,
    rtpHoldTimeoutMs: (media.rtpHoldTimeoutSeconds ?? NEVER_SECONDS) * 1000,
    forkBufferMs: media.forkBufferSeconds * 1000,
    forkBufferOctets: media.forkBufferMegabytes * 2 ** 20,
    batchForks: media.batchForks,
    backend: media.backend,
    // One core is left to signalling; with a single one they share it.
    workers: media.workers ?? Math.max(1, availableParallelism() - 1),
    clock,
    log,
  });
  return { plane, troubles: () => [] };
}

/** Longer than any call: a timeout that never fires. */
const NEVER_SECONDS = 10 * 365 * 86_400;
