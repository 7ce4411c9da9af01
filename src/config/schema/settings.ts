import { z } from 'zod';
import { parseDatabase } from '../values';
import { filePath, secret, text } from './fields';

export const settings = z.strictObject({
  database: text(parseDatabase)
    .nullable()
    .prefault(null)
    .describe(
      'SQLite file of organization, locations and users, as ./data/settings.db, or postgres://USER@HOST/NAME; null: only the users of this file.',
    ),
  password: secret(
    'Password of the PostgreSQL user: from the environment, or by passwordFile; without, as libpq finds it.',
  ),
  passwordFile: filePath()
    .nullable()
    .prefault(null)
    .describe('File that holds the password of the PostgreSQL user.'),
});
