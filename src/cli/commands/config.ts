import type { Command } from 'commander';
import { explain, type Flags } from '../../config';
import { configuredCommand, readConfig } from '../configured';

/** `twintrack config`: checks the configuration, and with `--explain` shows every value and its origin. */
export function configCommand(): Command {
  return configuredCommand('config')
    .description('Check the configuration, and end with every problem or with nothing to say.')
    .option('--explain', 'show each key, its value, where it came from and why it is there', false)
    .action(({ explain: wanted, ...options }: Flags & { config?: string; explain: boolean }) => {
      const { provenance } = readConfig(options);
      process.stdout.write(wanted ? explain(provenance) : 'the configuration is good\n');
    });
}
