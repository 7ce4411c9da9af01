import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { auditCommand } from './commands/audit';
import { configCommand } from './commands/config';
import { demoCommand } from './commands/demo';
import { engineCommand } from './commands/engine';
import { locationsCommand, organizationCommand, providersCommand } from './commands/entries';
import { policyCommand } from './commands/policy';
import { promptsCommand } from './commands/prompts';
import { recorderCommand } from './commands/recorder';
import { serveCommand } from './commands/serve';
import { usersCommand } from './commands/users';

/** The command line: `twintrack <command>`. */
export function program(): Command {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  return new Command('twintrack')
    .description('A SIP back-to-back user agent that records calls.')
    .version(version)
    .addCommand(serveCommand())
    .addCommand(demoCommand())
    .addCommand(recorderCommand())
    .addCommand(engineCommand())
    .addCommand(configCommand())
    .addCommand(organizationCommand())
    .addCommand(providersCommand())
    .addCommand(locationsCommand())
    .addCommand(usersCommand())
    .addCommand(promptsCommand())
    .addCommand(policyCommand())
    .addCommand(auditCommand());
}
