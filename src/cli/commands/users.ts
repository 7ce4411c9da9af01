import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import { exportUsers, importUsers, type UsersFormat } from '../../policy';
import { author, type SettingsOptions, settingsCommand, show, withSettings } from '../settings';
import { entriesCommand } from './entries';

type Options = SettingsOptions & { readonly format?: UsersFormat };

/** `twintrack users`. */
export function usersCommand(): Command {
  const format = () =>
    new Option('--format <format>', 'by default as the name of the file ends').choices([
      'csv',
      'yaml',
    ]);
  return entriesCommand('user', 'users', 'Users and their settings.')
    .addCommand(
      settingsCommand('import')
        .description(
          'Make or change every user of a CSV or YAML file, or none when a row is wrong.',
        )
        .argument('<file>', 'or - for standard input')
        .addOption(format())
        .action(importFrom),
    )
    .addCommand(
      settingsCommand('export')
        .description('Write every user as CSV or YAML, to be imported again.')
        .argument('[file]', 'standard output if left out', '-')
        .addOption(format())
        .action(exportTo),
    );
}

function importFrom(file: string, { format, ...options }: Options): Promise<void> {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  return withSettings(options, async (store) => {
    const { users, problems } = await importUsers(store, author(), text, formatOf(file, format));
    if (problems.length > 0) {
      const lines = problems.map(({ line, message }) => `  line ${line}: ${message}`);
      throw new Error(`nothing was imported:\n${lines.join('\n')}`);
    }
    show(`${users} users imported\n`);
  });
}

function exportTo(file: string, { format, ...options }: Options): Promise<void> {
  return withSettings(options, async (store) => {
    const text = exportUsers(store.current(), formatOf(file, format));
    if (file === '-') show(text);
    // Names and numbers of people: for nobody but who asked.
    else writeFileSync(file, text, { mode: 0o600 });
  });
}

function formatOf(file: string, wanted: UsersFormat | undefined): UsersFormat {
  return wanted ?? (/\.(?:ya?ml|json)$/i.test(file) ? 'yaml' : 'csv');
}
