#!/usr/bin/env node
import { program } from './program';

program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    console.error(`twintrack: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
