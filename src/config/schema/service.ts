import { z } from 'zod';
import { parseHostPort } from '../values';
import { filePath, seconds, secret, text } from './fields';

export const http = z.strictObject({
  listen: text(parseHostPort)
    .nullable()
    .prefault('127.0.0.1:8080')
    .describe('Where health, metrics, live calls and recordings are served; null serves nothing.'),
  token: secret(
    'Token that HTTP callers must show, 16 characters or more: from the environment, or by tokenFile.',
    16,
  ),
  tokenFile: filePath()
    .nullable()
    .prefault(null)
    .describe('File that holds the token; needed to listen on anything but loopback.'),
});

export const log = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .prefault('info')
    .describe('Least severe level that is written; identities are redacted above debug.'),
  format: z
    .enum(['json', 'pretty'])
    .prefault('json')
    .describe('One JSON object a line for machines, or pretty for people.'),
});

export const cdr = z.strictObject({
  file: z
    .union([z.literal('-'), filePath()])
    .nullable()
    .prefault('./data/cdr.jsonl')
    .describe(
      'File to which call detail records are appended; - writes to standard output, null nowhere.',
    ),
});

export const shutdown = z.strictObject({
  graceSeconds: seconds(0, 3600)
    .prefault(10)
    .describe('How long running calls may go on after SIGTERM before they are ended.'),
});
