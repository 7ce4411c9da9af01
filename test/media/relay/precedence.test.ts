import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const SOURCE = resolve(__dirname, '../../../src/media/relay');
/** In a process of its own: this one is to stay as it is. */
const SCRIPT = `
  const { takePrecedence } = require('${SOURCE}/precedence.ts');
  const { loadLibc } = require('${SOURCE}/libc.ts');
  const sched = () => require('node:fs').readFileSync('/proc/thread-self/sched', 'utf8');
  const read = (name) => Number(new RegExp('^' + name + '\\\\s*:\\\\s*(\\\\d+)$', 'm').exec(sched())?.[1]);
  const before = read('prio');
  const got = takePrecedence(loadLibc());
  console.log(JSON.stringify({ got, policy: read('policy'), before, prio: read('prio') }));
`;
const FIFO = 1;
const root = process.getuid?.() === 0;

interface Outcome {
  readonly got: string;
  readonly policy: number;
  readonly before: number;
  readonly prio: number;
}

function take(...wrapper: string[]): Outcome {
  const [command, ...args] = [
    ...wrapper,
    process.execPath,
    '--require',
    require.resolve('tsx/cjs'),
    '--eval',
    SCRIPT,
  ];
  return JSON.parse(execFileSync(command!, args, { encoding: 'utf8' }));
}

describe('the precedence of a media worker', () => {
  test('is real-time only where the system allows it, and says what it is', () => {
    const { got, policy } = take();
    expect(policy === FIFO).toBe(got === 'real-time');
  });

  test('without privileges is short slices or none, and leaves the rest as it was', () => {
    const unprivileged = root ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];
    const { got, policy, before, prio } = take(...unprivileged);
    expect(['short slices', 'none']).toContain(got);
    expect({ policy, prio }).toEqual({ policy: 0, prio: before });
  });
});
