import { stringify } from 'yaml';
import { isSection } from '../defaults';
import { type Key, keyTree } from '../key-tree';

const COLUMNS = 100;

/** A configuration file that holds every key with its default and what it is for, valid as it is. */
export function templateFile(): string {
  const head = [
    '# yaml-language-server: $schema=twintrack.schema.json',
    '#',
    ...comment(
      'Every key of Twintrack with its default: what is left out is as it stands here. Flags win over environment variables, and these over this file; `twintrack config --explain` shows what holds and why.',
      '',
    ),
  ];
  const sections = [...keyTree().keys].map(([name, key]) => ['', ...entry(name, key, '')]);
  return `${[...head, ...sections.flat()].join('\n')}\n`;
}

function entry(name: string, key: Key, indent: string): string[] {
  if (key.secret) return [];
  const why = comment(key.why, indent);
  if (isSection(key)) return [...why, `${indent}${name}:`, ...entries(key, `${indent}  `)];
  if (key.item && isSection(key.item)) return [...why, ...listOfMaps(name, key, key.item, indent)];
  return [...why, `${indent}${name}: ${flow(key.preset)}`, ...otherForm(name, key, indent)];
}

function entries(section: Key, indent: string): string[] {
  return [...section.keys].flatMap(([name, key]) => entry(name, key, indent));
}

/** Items of the default, each with every key; without items, one that is commented out. */
function listOfMaps(name: string, key: Key, item: Key, indent: string): string[] {
  const presets = key.preset as readonly Readonly<Record<string, unknown>>[];
  if (presets.length === 0) {
    return [`${indent}${name}: []`, ...commentedOut([`${name}:`, ...oneItem(item, {})], indent)];
  }
  return [
    `${indent}${name}:`,
    ...presets.flatMap((values) => oneItem(item, values)).map((line) => `${indent}${line}`),
  ];
}

function oneItem(item: Key, values: Readonly<Record<string, unknown>>): string[] {
  const lines = [...item.keys].flatMap(([name, key]) => [
    ...comment(key.why, '    '),
    `    ${name}: ${flow(values[name] ?? key.preset)}`,
  ]);
  return lines.map((line, index) => (index === 0 ? line.replace('    ', '  - ') : line));
}

/** The map that could stand in the place of a plain value, commented out. */
function otherForm(name: string, key: Key, indent: string): string[] {
  if (key.keys.size === 0) return [];
  return commentedOut([`${name}:`, ...entries(key, '  ')], indent);
}

function commentedOut(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => `${indent}# ${line}`);
}

function flow(value: unknown): string {
  if (value === undefined) return '…';
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    flowCollectionPadding: false,
  }).trimEnd();
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
