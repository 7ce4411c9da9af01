import type { Config } from '../config';
import {
  type Cancel,
  type Clock,
  type Instant,
  type Log,
  type Millis,
  randomIds,
  SystemClock,
} from '../core';
import { promptNamed, type SettingsStore } from '../policy';
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
  { agent, settings, log }: { agent: SipAgent; settings: SettingsStore | undefined; log: Log },
): AnnouncementSource {
  const { address, ...freeswitch } = announcements.freeswitch;
  if (announcements.source === 'embedded' || address === null) {
    return { prompts: new EmbeddedPrompts(), connected: () => undefined, close() {} };
  }
  const clock = new SystemClock();
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
    { agent, clock, ids: randomIds, log },
  );
  prompts.start();
  const stopPreparing = settings && keepPrepared(prompts, settings, clock);
  return {
    prompts,
    connected: () => prompts.connected,
    close() {
      stopPreparing?.();
      prompts.close();
    },
  };
}

/** How long a new prompt waits to be made ready for calls, and one that could not be. */
const LOOK_MS: Millis = 5_000;
const TRY_AGAIN_MS: Millis = 60_000;

/** Has prompts of the settings made before a call needs them, as they come. */
function keepPrepared(prompts: FreeswitchPrompts, store: SettingsStore, clock: Clock): Cancel {
  const tryAt = new Map<string, Instant>();
  let cancel: Cancel = () => {};
  let stopped = false;
  const look = async (): Promise<void> => {
    for (const { key, values } of prompts.connected ? store.current().list('prompt') : []) {
      const version = `${key} ${values.sha256 ?? values.text}`;
      if (stopped || clock.now() < (tryAt.get(version) ?? 0)) continue;
      const own = await promptNamed(store, key);
      const ready = own && (await prompts.prepare(own));
      tryAt.set(version, ready ? Number.POSITIVE_INFINITY : clock.now() + TRY_AGAIN_MS);
    }
  };
  const lookLater = (): void => {
    if (stopped) return;
    // What the store cannot give now, it may at the next look; a call that needs it says so.
    cancel = clock.after(
      LOOK_MS,
      () =>
        void look()
          .catch(() => {})
          .finally(lookLater),
    );
  };
  lookLater();
  return () => {
    stopped = true;
    cancel();
  };
}
