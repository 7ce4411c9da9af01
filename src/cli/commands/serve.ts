import type { Command } from 'commander';
import { serviceLog, startTwintrack } from '../../app';
import type { Flags } from '../../config';
import { configuredCommand, readConfig } from '../configured';
import { untilTold } from '../until-told';

/** `twintrack serve`: the service, until SIGTERM. */
export function serveCommand(): Command {
  return configuredCommand('serve')
    .description('Run the service: carry calls between peers, record those of recorded users.')
    .action(async (options: Flags & { config?: string }) => {
      const { config } = readConfig(options);
      const log = serviceLog(config);
      const twintrack = await startTwintrack(config, { log });
      process.on('SIGHUP', () => twintrack.reopenFiles());
      const signal = await untilTold();
      log.info({ signal, graceSeconds: config.shutdown.graceSeconds }, 'stopping');
      await twintrack.stop();
      log.info('stopped');
    });
}
