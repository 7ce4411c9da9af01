import { Command } from 'commander';
import {
  CONFIG_VARIABLE,
  type Config,
  FLAGS,
  type Flags,
  loadConfig,
  type Provenance,
  showProblem,
} from '../config';

/** A command whose options are the configuration's: `--config`, `--set`, and the keys with flags. */
export function configuredCommand(name: string): Command {
  const command = withConfigOptions(new Command(name));
  for (const { flag, argument, path } of Object.values(FLAGS)) {
    command.option(`${flag} ${argument}`, path);
  }
  return command;
}

/** The options by which every command that needs the configuration finds it. */
export function withConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', `YAML file; by default the environment's ${CONFIG_VARIABLE}`)
    .option(
      '--set <path=value>',
      'set any key, as in --set sip.maxCalls=50; may be repeated',
      (assignment: string, before: string[] = []) => [...before, assignment],
    );
}

/**
 * The configuration that the options of a `configuredCommand` ask for.
 * @throws Error with every problem of the configuration, a line each.
 */
export function readConfig({ config: file, ...flags }: Flags & { config?: string }): {
  config: Config;
  provenance: readonly Provenance[];
} {
  const loaded = loadConfig({
    file: file ?? process.env[CONFIG_VARIABLE],
    env: process.env,
    flags,
  });
  if (loaded.ok) return loaded;
  const problems = loaded.problems.map((problem) => `  ${showProblem(problem)}`);
  throw new Error(`the configuration cannot be used:\n${problems.join('\n')}`);
}
