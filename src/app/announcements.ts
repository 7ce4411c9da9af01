import type { Config } from '../config';
import { type Log, randomIds, SystemClock } from '../core';
import { EmbeddedPrompts, FreeswitchPrompts, type PromptSource } from '../tones';
import type { SipAgent } from '../ua';

/** Whence announcements come, as the configuration chooses. */
export interface AnnouncementSource {
  readonly prompts: PromptSource;
  /** Whether a FreeSWITCH is there; undefined where none is to be. */
  connected(): boolean | undefined;
  close(): void;
}

/** A FreeSWITCH is not waited for: what needs none is there at once. */
export function announcementSource(
  { announcements }: Config,
  agent: SipAgent,
  log: Log,
): AnnouncementSource {
  const { address, ...freeswitch } = announcements.freeswitch;
  if (announcements.source === 'embedded' || address === null) {
    return { prompts: new EmbeddedPrompts(), connected: () => undefined, close() {} };
  }
  const { port, secret, profile, listenAddress, listenPort, ttsEngine, voice } = freeswitch;
  const { codecs, directory, directoryThere, waitSeconds } = freeswitch;
  const prompts = new FreeswitchPrompts(
    {
      address,
      port,
      secret: secret?.reveal() ?? '',
      profile,
      listenAddress,
      listenPort,
      codecs: codecs.map((codec) => ({ ...codec, payloadType: 0 })),
      directory,
      directoryThere: directoryThere ?? directory,
      ttsEngine,
      voice,
      waitMs: waitSeconds * 1000,
    },
    { agent, clock: new SystemClock(), ids: randomIds, log },
  );
  prompts.start();
  return { prompts, connected: () => prompts.connected, close: () => prompts.close() };
}
