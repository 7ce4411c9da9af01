import { Command } from 'commander';
import { explainPolicy } from '../../app';
import { type SettingsOptions, settingsCommand, show, showJson, withSettings } from '../settings';
import { table } from '../table';

type Options = SettingsOptions & {
  readonly from: string;
  readonly to: string;
  readonly divertedFrom?: string;
  readonly at?: string;
};

/** `twintrack policy explain`: why a call is, or was, recorded or not. */
export function policyCommand(): Command {
  return new Command('policy')
    .description('Who is recorded, and why.')
    .addCommand(
      settingsCommand('explain')
        .description('Say why a call is recorded or not, and which scope decided each field.')
        .requiredOption('--from <identity>', 'number, address of record or SIP URI of the caller')
        .requiredOption('--to <identity>', 'number, address of record or SIP URI that was called')
        .option('--diverted-from <identity>', 'whom the call was for before it was diverted')
        .option(
          '--at <time>',
          'by the settings of that time, as 2026-01-15T14:00:00Z; now if left out',
        )
        .action(explain),
    );
}

function explain({ from, to, divertedFrom, at, ...options }: Options): Promise<void> {
  const time = at === undefined ? undefined : new Date(at);
  if (time && Number.isNaN(time.getTime())) {
    throw new Error(`--at wants a time such as 2026-01-15T14:00:00Z, got "${at}"`);
  }
  return withSettings(options, async (store, config) => {
    const sides = await explainPolicy(config, store, { from, to, divertedFrom, at: time });
    if (options.json) return showJson(sides);
    const texts = sides.map(({ side, identity, user, recorded, because, fields }) => {
      const who = user === undefined ? '' : `, user ${user}`;
      const head = `${side} ${identity}${who}: ${recorded ? 'recorded' : 'not recorded'}; ${because}\n`;
      const rows = fields.map(({ field, value, entry }) => [`  ${field}`, String(value), entry]);
      return rows.length === 0 ? head : head + table([['  field', 'value', 'from'], ...rows]);
    });
    show(texts.join('\n'));
  });
}
