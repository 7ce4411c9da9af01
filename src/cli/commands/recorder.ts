import type { Command } from 'commander';
import { serviceLog, startRecorder } from '../../app';
import type { Flags } from '../../config';
import { configuredCommand, readConfig } from '../configured';
import { untilTold } from '../until-told';

/** `twintrack recorder`: the embedded recorder alone, for anybody's recording client. */
export function recorderCommand(): Command {
  return configuredCommand('recorder')
    .description('Run the SIPREC recorder alone; its keys are under recorder.embedded.')
    .action(async (options: Flags & { config?: string }) => {
      const { config } = readConfig(options);
      const log = serviceLog(config);
      const service = await startRecorder(config, { log });
      log.info(
        { sip: service.sip, directory: config.recorder.embedded.directory },
        'recorder ready',
      );
      await untilTold();
      await service.close();
      log.info('stopped');
    });
}
