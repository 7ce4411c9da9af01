/** Writes the tables of docs/recording-modes.md, made from the recording machine: `npm run modes:write`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { modeTables } from '../src/policy/recording/mode-tables';

const PAGE = 'docs/recording-modes.md';
const MARKS = /(<!-- modes -->\n)[\s\S]*(<!-- end of modes -->)/;

writeFileSync(
  PAGE,
  readFileSync(PAGE, 'utf8').replace(
    MARKS,
    (_, open, close) => `${open}\n${modeTables()}\n\n${close}`,
  ),
);
