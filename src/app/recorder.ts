import { access, constants, mkdir } from 'node:fs/promises';
import type { Config } from '../config';
import { type Log, type Millis, randomIds, SystemClock } from '../core';
import type { Engine } from '../engine';
import { createRecorder, type Recorder } from '../recorder';
import { embeddedAgent } from './sip';

/** The embedded recorder with the SIP engine it is reached through. */
export interface RecorderService {
  readonly recorder: Recorder;
  readonly engine: Engine;
  /** Where it listens, e.g. `tcp/127.0.0.1:5070`. */
  readonly sip: readonly string[];
  /** Ends every recording and closes its files, then the engine. */
  close(): Promise<void>;
}

/** What the last recording sessions still send gets so long. */
const LAST_WORDS_MS: Millis = 500;

/** A recorder that cannot write is no recorder: better said at the start than at the first call. */
async function mustBeWritable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `recordings cannot be written to recorder.embedded.directory: ${(error as Error).message}`,
    );
  }
}

/** Repairs what an earlier process left open, then takes recording sessions. */
export async function startRecorder(
  config: Config,
  { log }: { log: Log },
): Promise<RecorderService> {
  const { listen, address, ports, directory, retentionDays } = config.recorder.embedded;
  await mustBeWritable(directory);
  const line = await embeddedAgent({
    listen,
    userAgent: `${config.sip.userAgent} recorder`,
    log: log.child({ of: 'recorder' }),
  });
  try {
    const recorder = createRecorder({
      agent: line.agent,
      directory,
      rtp: { address, ports: { min: ports.first, max: ports.last } },
      retentionDays,
      log: log.child({ of: 'recorder' }),
      clock: new SystemClock(),
      ids: randomIds,
    });
    await recorder.recover();
    return {
      recorder,
      engine: line.engine,
      sip: line.agent.listening,
      close: async () => {
        await recorder.close();
        await line.close(LAST_WORDS_MS);
      },
    };
  } catch (error) {
    await line.close(0);
    throw error;
  }
}
