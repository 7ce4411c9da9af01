/**
 * A recorder in a process of its own, that can be killed: `child.ts <directory> <min> <max>`. Tells each
 * event, and first where it listens, as a line of JSON.
 */
import { embeddedAgent } from '../../../src/app/sip';
import { silentLog } from '../../../src/core';
import { createRecorder } from '../../../src/recorder';

const [directory = '', min, max] = process.argv.slice(2);
const tell = (what: unknown): void => console.log(JSON.stringify(what));

async function main(): Promise<void> {
  const line = await embeddedAgent({
    listen: [{ protocol: 'tcp', address: '127.0.0.1', port: 0 }],
    userAgent: 'child',
    log: silentLog,
  });
  const recorder = createRecorder({
    agent: line.agent,
    directory,
    rtp: { address: '127.0.0.1', ports: { min: Number(min), max: Number(max) } },
    log: silentLog,
  });
  recorder.onEvent((event) => tell({ kind: event.kind, recording: event.recording }));
  tell({ kind: 'ready', listening: line.agent.listening });
}

void main();
