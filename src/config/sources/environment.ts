import { nearest } from '../../core';
import { type Key, keyTree, showPath } from '../key-tree';
import { type Located, locate, nest, type Origin, overlay } from '../located';
import type { Problem } from '../problem';
import { readWrittenText } from './written-text';
import type { Read } from './yaml-file';

const PREFIX = 'TWINTRACK_';

/** Names the configuration file itself; read by the command line. */
export const CONFIG_VARIABLE = `${PREFIX}CONFIG`;

/** Read by `twintrack engine`, which has no configuration. */
const ENGINE_VARIABLE = `${PREFIX}ENGINE_SECRET`;

/**
 * What Kubernetes puts into every container for a service that is called "twintrack":
 * TWINTRACK_PORT, TWINTRACK_PORT_5060_UDP_ADDR, TWINTRACK_SERVICE_HOST and the like.
 */
const FROM_KUBERNETES =
  /^TWINTRACK_(?:PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)?|SERVICE_(?:HOST|PORT)(?:_.*)?)$/;

const NOT_KEYS: ReadonlySet<string> = new Set([CONFIG_VARIABLE, ENGINE_VARIABLE]);

/** The variable of a key: `sip.maxCalls` is `TWINTRACK_SIP__MAX_CALLS`. */
export function variableOf(path: readonly string[]): string {
  const steps = path.map((step) => step.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return PREFIX + steps.join('__');
}

/**
 * Reads the variables whose names begin with TWINTRACK_. One that belongs to no key is a problem; an
 * empty one counts as not set, because that is what an unset `${VARIABLE}` of a compose file gives.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Read {
  const known = variables();
  const problems: Problem[] = [];
  let located: Located = locate({}, { kind: 'default' });
  for (const name of Object.keys(env).sort()) {
    const text = env[name];
    if (!name.startsWith(PREFIX) || text === undefined || text === '') continue;
    if (NOT_KEYS.has(name) || FROM_KUBERNETES.test(name)) continue;
    const origin: Origin = { kind: 'environment', name };
    const variable = known.get(name);
    if (!variable) {
      const meant = nearest(name, known.keys());
      problems.push({ path: '', message: `belongs to no key; the nearest is ${meant}`, origin });
      continue;
    }
    const read = readWrittenText(text, variable.key, origin);
    if (read.ok) located = overlay(located, nest(variable.path, read.value));
    else problems.push({ path: showPath(variable.path), message: read.wants, origin });
  }
  return { located, problems };
}

interface Variable {
  readonly path: readonly string[];
  readonly key: Key;
}

function variables(): ReadonlyMap<string, Variable> {
  const found = new Map<string, Variable>();
  const visit = (key: Key, path: readonly string[]): void => {
    for (const [name, inner] of key.keys) {
      const at = [...path, name];
      found.set(variableOf(at), { path: at, key: inner });
      visit(inner, at);
    }
  };
  visit(keyTree(), []);
  return found;
}
