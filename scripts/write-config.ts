/**
 * Writes what is made from the configuration's schema: the shipped file, the JSON schema for editors,
 * and the tables of docs/configuration.md. Run it after a change of the schema: `npm run config:write`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { jsonSchema, referenceTables, templateFile } from '../src/config';

const PAGE = 'docs/configuration.md';
const MARKS = /(<!-- keys -->\n)[\s\S]*(<!-- end of keys -->)/;

writeFileSync('config/twintrack.yaml', templateFile());
writeFileSync('config/twintrack.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`);
writeFileSync(
  PAGE,
  readFileSync(PAGE, 'utf8').replace(
    MARKS,
    (_, open, close) => `${open}\n${referenceTables()}\n${close}`,
  ),
);
