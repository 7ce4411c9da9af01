import { z } from 'zod';
import { filePath } from './fields';

export const settings = z.strictObject({
  database: filePath()
    .nullable()
    .prefault(null)
    .describe(
      'SQLite file of organization, locations and users, as ./data/settings.db; null: only the users of this file.',
    ),
});
