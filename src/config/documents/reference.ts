import { isSection } from '../defaults';
import { type Key, keyTree } from '../key-tree';
import { variableOf } from '../sources/environment';
import { FLAGS } from '../sources/flags';

/** The reference of every key as Markdown: the generated part of docs/configuration.md. */
export function referenceTables(): string {
  return [...keyTree().keys].map(([name, key]) => section(name, key)).join('\n');
}

function section(name: string, key: Key): string {
  const list = key.item && isSection(key.item) ? key.item : undefined;
  const rows = list ? itemRows(name, list) : rowsOf([name], key);
  const preset = list
    ? `\nA list; set as a whole, also by \`${variableOf([name])}\`. Default: ${code(key.preset)}.\n`
    : '';
  const columns = list
    ? ['key', 'default', 'what for']
    : ['key', 'default', 'what for', 'environment, flag'];
  const table = [columns, columns.map(() => '---'), ...rows];
  const lines = table.map((row) => `| ${row.join(' | ')} |`);
  return `### \`${name}\`\n\n${key.why}\n${preset}\n${lines.join('\n')}\n`;
}

function itemRows(name: string, item: Key): string[][] {
  return [...item.keys].map(([step, key]) => [`\`${name}[].${step}\``, preset(key), cell(key.why)]);
}

function rowsOf(path: readonly string[], key: Key): string[][] {
  const inner = [...key.keys].flatMap(([step, next]) => rowsOf([...path, step], next));
  if (isSection(key)) return inner;
  const flag = Object.values(FLAGS).find((one) => one.path === path.join('.'));
  const others = [`\`${variableOf(path)}\``, ...(flag ? [`\`${flag.flag}\``] : [])];
  return [[`\`${path.join('.')}\``, preset(key), cell(key.why), others.join(', ')], ...inner];
}

function preset(key: Key): string {
  return key.preset === undefined ? 'must be given' : code(key.preset);
}

function code(value: unknown): string {
  return `\`${cell(typeof value === 'string' && value !== '' ? value : JSON.stringify(value))}\``;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
