import { Command } from 'commander';
import {
  type Entry,
  EXTERNAL_TYPE,
  explainFields,
  FIELDS,
  fieldOf,
  type Kind,
  ORGANIZATION_KEY,
  toDocument,
  toText,
  valuesInOrder,
} from '../../policy';
import {
  change,
  type SettingsOptions,
  settingsCommand,
  show,
  showJson,
  withSettings,
} from '../settings';
import { table } from '../table';

/** `twintrack org`: there is one, and it is never removed. */
export function organizationCommand(): Command {
  const command = new Command('org').description('Settings of the organization.');
  command.addCommand(
    settingsCommand('show')
      .description('Show what the organization sets.')
      .action((options: SettingsOptions) => showEntry('organization', ORGANIZATION_KEY, options)),
  );
  command.addCommand(
    settingsCommand('set')
      .description(about('organization'))
      .argument('<field=value...>')
      .action((fields: string[], options: SettingsOptions) =>
        setEntry('organization', ORGANIZATION_KEY, fields, options),
      ),
  );
  return command;
}

/** `twintrack providers`. */
export function providersCommand(): Command {
  return entriesCommand('provider', 'providers', 'Recorders that may be chosen.').addCommand(
    settingsCommand('accept-terms')
      .description(
        'Accept the terms of service of a provider, in your name; it may then be chosen.',
      )
      .argument('<name>')
      .action((key: string, options: SettingsOptions) =>
        withSettings(options, (store) => change(store, [{ do: 'accept-terms', key }])),
      ),
  );
}

/** `twintrack locations`. */
export function locationsCommand(): Command {
  return entriesCommand('location', 'locations', 'Settings of locations.');
}

/** `list`, `show`, `set` and `remove` for the entries of a kind. */
export function entriesCommand(kind: Kind, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addCommand(listCommand(kind))
    .addCommand(
      settingsCommand('show')
        .description(`Show one ${kind}.`)
        .argument('<name>')
        .action((key: string, options: SettingsOptions) => showEntry(kind, key, options)),
    )
    .addCommand(
      settingsCommand('set')
        .description(about(kind))
        .argument('<name>')
        .argument('<field=value...>')
        .action((key: string, fields: string[], options: SettingsOptions) =>
          setEntry(kind, key, fields, options),
        ),
    )
    .addCommand(removeCommand(kind));
}

export function listCommand(kind: Kind): Command {
  return settingsCommand('list')
    .description(`List every ${kind}.`)
    .action((options: SettingsOptions) => listEntries(kind, options));
}

export function removeCommand(kind: Kind): Command {
  return settingsCommand('remove')
    .description(`Remove one ${kind}; recordings that were made stay.`)
    .argument('<name>')
    .action((key: string, options: SettingsOptions) =>
      withSettings(options, (store) => change(store, [{ do: 'remove', kind, key }])),
    );
}

function about(kind: Kind): string {
  const fields = Object.entries(FIELDS[kind]).filter(([, field]) => !('readOnly' in field));
  const lines = fields.map(([name, { why, wants }]) => `  ${name}: ${why} Takes ${wants}.`);
  return `Set fields of the ${kind}; FIELD= without a value unsets one.\n\n${lines.join('\n')}`;
}

function listEntries(kind: Kind, options: SettingsOptions): Promise<void> {
  return withSettings(options, async (store) => {
    const entries = store.current().list(kind);
    if (options.json) return showJson(entries.map(toDocument));
    // Columns that nobody fills would only push the others apart.
    const used = Object.keys(FIELDS[kind]).filter((name) =>
      entries.some((entry) => name in entry.values),
    );
    const rows = entries.map((entry) => {
      const values = new Map(valuesInOrder(entry));
      return [entry.key, ...used.map((name) => toText(values.get(name)) || '-')];
    });
    show(entries.length === 0 ? 'none\n' : table([[kind, ...used], ...rows]));
  });
}

export function showEntry(kind: Kind, key: string, options: SettingsOptions): Promise<void> {
  return withSettings(options, async (store) => {
    const book = store.current();
    const entry =
      book.get(kind, key) ?? (kind === 'organization' ? { kind, key, values: {} } : undefined);
    if (!entry) throw new Error(`there is no ${kind} ${key}`);
    const inForce = entry.kind === 'user' ? explainFields(book, entry as Entry<'user'>) : undefined;
    if (options.json) return showJson({ ...toDocument(entry), ...(inForce && { inForce }) });
    show(table([['field', 'value'], ...rowsOf(entry)]));
    if (!inForce) return;
    const rows = inForce.map(({ field, value, entry: from }) => [field, String(value), from]);
    show(`\n${table([['in force', 'value', 'from'], ...rows])}`);
  });
}

function rowsOf(entry: Entry): string[][] {
  const rows = valuesInOrder(entry).map(([name, value]) => [name, toText(value) || '-']);
  return entry.kind === 'user' ? [...rows, ['externalType', EXTERNAL_TYPE]] : rows;
}

function setEntry(
  kind: Kind,
  key: string,
  fields: readonly string[],
  options: SettingsOptions,
): Promise<void> {
  const values = fields.map((text): [string, unknown] => {
    const equals = text.indexOf('=');
    if (equals < 1) throw new Error(`wants FIELD=VALUE, as in mode=always, got "${text}"`);
    const name = text.slice(0, equals);
    const value = text.slice(equals + 1);
    return [name, value === '' ? null : (fieldOf(kind, name)?.fromText(value) ?? value)];
  });
  const wish = { do: 'set', kind, key, values: Object.fromEntries(values) } as const;
  return withSettings(options, (store) => change(store, [wish]));
}
