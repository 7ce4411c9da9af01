import { nearest } from '../../core';
import { keyAt } from '../key-tree';
import { type Located, locate, nest, type Origin, overlay } from '../located';
import type { Problem } from '../problem';
import { readWrittenText } from './written-text';
import type { Read } from './yaml-file';

/** The keys that have a flag of their own, by the name commander gives the flag's value. */
export const FLAGS = {
  listen: { flag: '--listen', argument: '<addresses>', path: 'sip.listen' },
  externalAddress: { flag: '--external-address', argument: '<host>', path: 'sip.externalAddress' },
  mediaAddress: { flag: '--media-address', argument: '<address>', path: 'media.address' },
  mediaPorts: { flag: '--media-ports', argument: '<range>', path: 'media.ports' },
  recorder: { flag: '--recorder', argument: '<uri>', path: 'recorder.provider' },
  recordings: {
    flag: '--recordings',
    argument: '<directory>',
    path: 'recorder.embedded.directory',
  },
  http: { flag: '--http', argument: '<address>', path: 'http.listen' },
  logLevel: { flag: '--log-level', argument: '<level>', path: 'log.level' },
  logFormat: { flag: '--log-format', argument: '<format>', path: 'log.format' },
} as const satisfies Record<string, { flag: string; argument: string; path: string }>;

export type FlagName = keyof typeof FLAGS;

/** Flags as the command line read them. `set` holds `path=value` texts, later ones win. */
export type Flags = { readonly set?: readonly string[] } & {
  readonly [name in FlagName]?: string | undefined;
};

/** Reads flags; a dedicated flag wins over `--set` for the same key. */
export function readFlags(flags: Flags): Read {
  const problems: Problem[] = [];
  let located: Located = locate({}, { kind: 'default' });
  const put = (path: readonly string[], text: string, origin: Origin): void => {
    const key = keyAt(path);
    if (!key) {
      problems.push({ path: '', message: unknownPath(path), origin });
      return;
    }
    const read = readWrittenText(text, key, origin);
    if (read.ok) located = overlay(located, nest(path, read.value));
    else problems.push({ path: path.join('.'), message: read.wants, origin });
  };
  for (const assignment of flags.set ?? []) {
    const equals = assignment.indexOf('=');
    if (equals < 1) {
      const origin: Origin = { kind: 'flag', flag: `--set ${assignment}` };
      problems.push({ path: '', message: 'wants PATH=VALUE, as in sip.maxCalls=50', origin });
      continue;
    }
    const path = assignment.slice(0, equals).trim();
    put(path.split('.'), assignment.slice(equals + 1), { kind: 'flag', flag: `--set ${path}` });
  }
  for (const [name, { flag, path }] of Object.entries(FLAGS)) {
    const text = flags[name as FlagName];
    if (text !== undefined) put(path.split('.'), text, { kind: 'flag', flag });
  }
  return { located, problems };
}

function unknownPath(path: readonly string[]): string {
  const depth = path.findIndex((_, index) => !keyAt(path.slice(0, index + 1)));
  const around = path.slice(0, depth);
  const meant = nearest(path[depth]!, keyAt(around)?.keys.keys() ?? []);
  if (meant) return `no such key; the nearest is ${[...around, meant].join('.')}`;
  return `no such key: ${around.join('.')} holds no keys; set it as a whole`;
}
