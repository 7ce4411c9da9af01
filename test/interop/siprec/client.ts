import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomIds, SystemClock, silentLog } from '../../../src/core';
import { Engine } from '../../../src/engine';
import {
  createRecordingClient,
  type Recording,
  type RecordingClient,
  type RecordingRequest,
} from '../../../src/siprec';
import { connectAgent, type SipAgent } from '../../../src/ua';
import { World } from '../../siprec/session/world';
import { type RunningSipp, type SippOptions, sipp } from '../b2bua/sipp';

/** The recording client on an engine with real sockets; its forks write down what is done to them. */
export class Client {
  readonly world = new World();

  private constructor(
    readonly engine: Engine,
    private readonly agent: SipAgent,
    private readonly client: RecordingClient,
  ) {}

  static async open(): Promise<Client> {
    const log = silentLog;
    const engine = await Engine.start({
      listen: [
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
      ],
      secret: 'cymru',
      log,
    });
    const { server, secret, open } = engine.inProcess();
    const agent = await connectAgent(
      { kind: 'in-process', server, secret, open },
      { log, userAgent: 'twintrack-test' },
    );
    const clock = new SystemClock();
    return new Client(engine, agent, createRecordingClient({ agent, clock, ids: randomIds, log }));
  }

  record(
    port: number,
    {
      transport = 'tcp',
      answerTimeoutMs = 30_000,
      request = {},
    }: {
      readonly transport?: 'udp' | 'tcp';
      readonly answerTimeoutMs?: number;
      readonly request?: Partial<RecordingRequest>;
    } = {},
  ): Recording {
    const uri = `sip:recorder@127.0.0.1:${port};transport=${transport}`;
    return this.client.record([{ name: 'sipp', uri, answerTimeoutMs }], {
      ...this.world.call(),
      ...request,
    });
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.agent.close();
    await this.engine.stop(0);
  }
}

/** SIPp as a recorder, by a scenario of this folder; over TCP unless said otherwise. */
export function recorder(
  scenario: string,
  options: Partial<SippOptions> = {},
): Promise<RunningSipp> {
  const text = readFileSync(join(__dirname, `${scenario}.xml`), 'utf8');
  return sipp({ scenario: text, transport: 'tcp', ...options });
}

/** Waits for SIPp's end and fails with its trace when something came that its scenario forbids. */
export async function satisfied({ done }: RunningSipp): Promise<void> {
  const { code, trace } = await done;
  if (code !== 0) throw new Error(`the recorder did not get what it expected (${code})\n${trace}`);
}
