import { userInfo } from 'node:os';
import { Command } from 'commander';
import { openSettings } from '../app';
import type { Config, Flags } from '../config';
import {
  type Author,
  planChanges,
  type SettingsProblem,
  type SettingsStore,
  showProblem,
  type Wish,
} from '../policy';
import { readConfig, withConfigOptions } from './configured';

/** Options of every command that works on settings. */
export type SettingsOptions = Flags & { readonly config?: string; readonly json?: boolean };

/** A command that works on settings. */
export function settingsCommand(name: string): Command {
  return withConfigOptions(new Command(name)).option('--json', 'show JSON for programs', false);
}

/** Opens the settings, works, and closes them. @throws Error with what is wrong, a line each. */
export async function withSettings<T>(
  options: SettingsOptions,
  work: (store: SettingsStore, config: Config) => Promise<T>,
): Promise<T> {
  const { json: _json, ...flags } = options;
  const { config } = readConfig(flags);
  const store = await openSettings(config);
  if (!store) {
    throw new Error(
      'settings.database is not set: name a file or a postgres: URL in the configuration, or say --set settings.database=./data/settings.db',
    );
  }
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}

/** Makes every wish true, or none. @throws Error with what is wrong, a line each. */
export async function change(store: SettingsStore, wishes: readonly Wish[]): Promise<void> {
  const who = author();
  refuse(await store.change(who, (book) => planChanges(book, wishes, who)));
}

/** @throws Error with what is wrong, a line each. */
export function refuse(problems: readonly SettingsProblem[]): void {
  if (problems.length === 0) return;
  throw new Error(
    `nothing was changed:\n${problems.map((one) => `  ${showProblem(one)}`).join('\n')}`,
  );
}

/** Who works here, for the log of changes. */
export function author(): Author {
  return { by: `cli:${userInfo().username}`, at: new Date() };
}

export function show(text: string): void {
  process.stdout.write(text);
}

export function showJson(value: unknown): void {
  show(`${JSON.stringify(value, null, 2)}\n`);
}
