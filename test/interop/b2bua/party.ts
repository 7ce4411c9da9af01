import { silentLog } from '../../../src/core';
import { Engine } from '../../../src/engine';
import { connectAgent, type Dialog, type IncomingInvite, type SipAgent } from '../../../src/ua';

/** A user agent of its own on loopback, for races that must be timed from outside. */
export class Party {
  readonly #invites: IncomingInvite[] = [];
  #waiting: ((invite: IncomingInvite) => void) | undefined;

  private constructor(
    private readonly engine: Engine,
    readonly agent: SipAgent,
  ) {
    agent.onInvite = (invite) => {
      const take = this.#waiting;
      this.#waiting = undefined;
      if (take) take(invite);
      else this.#invites.push(invite);
    };
  }

  static async open(): Promise<Party> {
    const engine = await Engine.start({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      secret: 'x',
      log: silentLog,
    });
    const { server, secret, open } = engine.inProcess();
    const link = { kind: 'in-process', server, secret, open } as const;
    const agent = await connectAgent(link, { log: silentLog, userAgent: 'party' });
    return new Party(engine, agent);
  }

  get place(): string {
    return `sip:127.0.0.1:${this.engine.addresses[0]!.port}`;
  }

  get dialogs(): number {
    return this.engine.stats().dialogs;
  }

  nextCall(): Promise<IncomingInvite> {
    const known = this.#invites.shift();
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  async close(): Promise<void> {
    await this.agent.close();
    await this.engine.stop(0);
  }
}

export function audio(direction = 'sendrecv', version = 1, port = 4000): string {
  return [
    'v=0',
    `o=party 1 ${version} IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0 8 101`,
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** Both ends of an answered call through the house at `place`. */
export interface Talk {
  readonly caller: Dialog;
  readonly callee: Dialog;
}

export async function talk(caller: Party, callee: Party, through: string): Promise<Talk> {
  const outgoing = caller.agent.invite({ uri: through, body: audio() });
  const incoming = await callee.nextCall();
  const accepted = await incoming.accept({ body: audio('sendrecv', 1, 4002) });
  const acknowledged = new Promise<void>((resolve) => {
    accepted.onAck = () => resolve();
  });
  const final = await outgoing.final;
  if (final.kind === 'rejected') throw new Error(`refused with ${final.response.status}`);
  final.ack();
  await acknowledged;
  return { caller: final.dialog, callee: accepted };
}

/** Resolves with what `set` is called with first. */
export function once<Value>(set: (resolve: (value: Value) => void) => void): Promise<Value> {
  return new Promise(set);
}
