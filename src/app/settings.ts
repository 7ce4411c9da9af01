import type { SettingsSource } from '../api';
import type { Config } from '../config';
import {
  ConfiguredUsers,
  type ExplainedCall,
  type Explanation,
  explainCall,
  openSettingsStore,
  SettingsPolicy,
  type SettingsStore,
} from '../policy';
import { dialPlanOf, usersOf } from './house';

/** The settings that the configuration names; undefined when it names none. */
export async function openSettings(
  config: Config,
  onTrouble?: (sentence: string) => void,
): Promise<SettingsStore | undefined> {
  const { database, password } = config.settings;
  if (database === null) return undefined;
  return openSettingsStore(database, {
    password: password?.reveal(),
    plan: dialPlanOf(config),
    ...(onTrouble && { onTrouble }),
  });
}

/** Who is recorded: by the settings, and for users whom they do not know by the configuration. */
export function settingsPolicy(config: Config, store: SettingsStore): SettingsPolicy {
  return new SettingsPolicy(store, new ConfiguredUsers(usersOf(config), dialPlanOf(config)));
}

/** Whether prompts may be words: the embedded source of announcements speaks none. */
export function speaksText({ announcements }: Config): boolean {
  return announcements.source === 'freeswitch';
}

/** Why both sides of a call are recorded or not, by the settings of `at`, or of now. */
export async function explainPolicy(
  config: Config,
  store: SettingsStore,
  call: ExplainedCall & { readonly at: Date | undefined },
): Promise<readonly Explanation[]> {
  const book = call.at ? await store.at(call.at) : store.current();
  return explainCall(settingsPolicy(config, store), book, call);
}

/** The settings as the HTTP side serves them. */
export function settingsSource(config: Config, store: SettingsStore): SettingsSource {
  return {
    store,
    speaks: speaksText(config),
    explain: (call) => explainPolicy(config, store, call),
  };
}
