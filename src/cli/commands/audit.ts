import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AuditEntry, changedFields, KINDS, type Kind } from '../../policy';
import { type SettingsOptions, settingsCommand, show, showJson, withSettings } from '../settings';
import { table } from '../table';

type Options = SettingsOptions & {
  readonly kind?: Kind;
  readonly name?: string;
  readonly limit: number;
};

/** `twintrack audit`: who changed which settings, when, from what to what. */
export function auditCommand(): Command {
  return settingsCommand('audit')
    .description('Show changes of settings, the newest first.')
    .addOption(new Option('--kind <kind>', 'only entries of this kind').choices(KINDS))
    .option('--name <name>', 'only the entry of this name')
    .option('--limit <count>', 'at most so many', asCount, 50)
    .action(({ kind, name, limit, ...options }: Options) =>
      withSettings(options, async (store) => {
        const query = { limit, ...(kind && { kind }), ...(name !== undefined && { key: name }) };
        const entries = await store.audit(query);
        if (options.json) return showJson(entries);
        show(table([['when', 'who', 'what', 'change'], ...entries.map(rowOf)]));
      }),
    );
}

function rowOf(entry: AuditEntry): string[] {
  const name = entry.kind === 'organization' ? entry.kind : `${entry.kind} ${entry.key}`;
  const changes = changedFields(entry).map(
    ({ field, before, after }) => `${field}: ${before || '-'} → ${after || '-'}`,
  );
  const verb = entry.before ? (entry.after ? '' : 'removed') : 'made';
  return [entry.at.toISOString(), entry.by, name, [verb, ...changes].filter(Boolean).join(', ')];
}

function asCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,6}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError('Wants a number from 1 to 999999.');
}
