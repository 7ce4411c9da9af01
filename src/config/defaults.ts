import { type Key, keyTree } from './key-tree';
import { type Located, locate, type Origin } from './located';

const DEFAULT: Origin = { kind: 'default' };

/** The lowest layer: every key that has a default, as one would write it. */
export function defaultLayer(): Located {
  return locate(presets(keyTree()), DEFAULT);
}

function presets(section: Key): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, key] of section.keys) {
    values[name] = isSection(key) ? presets(key) : key.preset;
  }
  return values;
}

/** A key that groups others and has no value of its own. */
export function isSection(key: Key): boolean {
  return key.accepts.size === 1 && key.accepts.has('map');
}
