import { resolve } from 'node:path';
import { Command } from 'commander';
import { runDemo } from '../../app';
import { untilTold } from '../until-told';

/** `twintrack demo`: one recorded call on loopback, judged by its samples. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Place one recorded call on loopback between two scripted phones, and judge it.')
    .option('--recordings <directory>', 'where the recording is put', './recordings')
    .option('--keep', 'leave the system running afterwards, until Ctrl-C', false)
    .action(async ({ recordings, keep }: { recordings: string; keep: boolean }) => {
      const verdict = await runDemo({
        recordings: resolve(recordings),
        show: (line) => console.log(line),
      });
      if (keep) {
        console.log(
          '\n  The system stays up: call through it with your own phone. Ctrl-C ends it.',
        );
        await untilTold();
      }
      await verdict.stop();
      process.exitCode = verdict.passed ? 0 : 1;
    });
}
