import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTwintrack, type Twintrack } from '../../src/app';
import { type EmbeddedAgent, embeddedAgent } from '../../src/app/sip';
import { loadConfig, showProblem } from '../../src/config';
import { SystemClock, silentLog } from '../../src/core';
import { Phone } from '../../src/phone';
import { captureLog, expectNoIdentity } from '../support/captured-log';

const LOOPBACK = '127.0.0.1';
const ALICE = { number: '+15550107734', name: 'Alice Liddell' };
const BOB = { number: '+15550109921', name: 'Robert Builder' };
const NOBODY = '+15550104242';

/** Whatever of a person could stand in a line: numbers with and without +, names, parts of names. */
const IDENTITIES = [ALICE, BOB].flatMap(({ number, name }) => [
  number.slice(1),
  ...name.split(' '),
]);
IDENTITIES.push(NOBODY.slice(1));

const directory = mkdtempSync(join(tmpdir(), 'twintrack-log-'));
const clock = new SystemClock();
const captured = captureLog('info');
let twintrack: Twintrack;
let lines: EmbeddedAgent[] = [];

beforeAll(async () => {
  const listen = [{ protocol: 'udp' as const, address: LOOPBACK, port: 0 }];
  lines = await Promise.all(
    ['Alice', 'Bob'].map((name) =>
      embeddedAgent({ listen, userAgent: `${name}'s`, log: silentLog }),
    ),
  );
  const contact = `sip:${LOOPBACK}:${lines[1]!.engine.addresses[0]!.port}`;
  const dead = `sip:${LOOPBACK}:9`;
  const users = [
    { ...ALICE, mode: 'always' },
    { ...BOB, mode: 'always', contact },
    { number: NOBODY, contact: dead },
  ];
  const loaded = loadConfig({
    env: process.env,
    flags: {
      set: [
        `sip.listen=[udp/${LOOPBACK}:0, tcp/${LOOPBACK}:0]`,
        // A recorder that is not there: its trouble is told in the log, and of whom it is.
        `recorder.provider=sip:rec@${LOOPBACK}:9;transport=tcp`,
        `cdr.file=${directory}/cdr.jsonl`,
        `users=${JSON.stringify(users)}`,
        // Only who does not answer is to be given up soon.
        `routes=[{to: "[+]${NOBODY.slice(1)}", targets: [user], timeoutSeconds: 1}, {targets: [user]}]`,
        'http.listen=null',
      ],
    },
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
  twintrack = await startTwintrack(loaded.config, { log: captured.log });
});

afterAll(async () => {
  await twintrack?.stop();
  await Promise.all(lines.map((line) => line.close()));
  rmSync(directory, { recursive: true, force: true });
});

/** Alice calls a number by way of the service. */
async function call(number: string): Promise<string> {
  const [alice, bob] = lines.map(
    ({ agent }, index) =>
      new Phone({
        agent,
        address: LOOPBACK,
        identity: `"${[ALICE, BOB][index]!.name}" <sip:${[ALICE, BOB][index]!.number}@${LOOPBACK}>`,
        clock,
      }),
  );
  const proxy = twintrack.sip.find((place) => place.startsWith('udp/'))!.slice('udp/'.length);
  const answered = bob!.nextCall();
  try {
    const up = await alice!.call(`sip:${number}@${proxy}`, `sip:${proxy};transport=udp`);
    await up.hangUp();
    await (await answered).ended;
    return 'answered';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the log of a service that carries calls', () => {
  it('names nobody: not when a call is answered, nor when it or its recording fails', async () => {
    expect(await call(BOB.number)).toBe('answered');
    expect(await call(NOBODY)).toMatch(/^the call was not answered: [45]\d\d/);
    expect(await call('+15550100000')).toMatch(/^the call was not answered: 404/);
    await twintrack.stop();
    // The log did tell of the calls: an empty one would name nobody as well.
    expect(captured.events('call ended')).toHaveLength(2);
    expectNoIdentity(captured.lines, IDENTITIES);
  });
});
