import type { Command } from 'commander';
import { entriesCommand } from './entries';

/** `twintrack users`. */
export function usersCommand(): Command {
  return entriesCommand('user', 'users', 'Users and their settings.');
}
