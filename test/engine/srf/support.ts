import Srf from 'drachtio-srf';
import { silentLog } from '../../../src/core';
import { Engine, type EngineOptions } from '../../../src/engine';

// drachtio-srf's own types lag behind what it does; tests speak to it as its JavaScript users do.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Loose = any;

export const SECRET = 'cymru';

export const sdp = (who: string): string =>
  `v=0\r\no=${who} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n`;

export type Via = 'in process' | 'over TCP';

/** An engine and a drachtio-srf application on it. */
export interface Node {
  readonly engine: Engine;
  readonly srf: Loose;
  /** `sip:user@host:port` of this node. */
  uri(user: string, transport?: 'udp' | 'tcp'): string;
  stop(): Promise<void>;
}

export async function startNode(
  via: Via,
  options: Partial<EngineOptions> = {},
  /** Verbs to ask for over TCP, before the connection is used. */
  prepare: (srf: Loose) => void = () => {},
): Promise<Node> {
  const engine = await Engine.start({
    listen: [
      { protocol: 'udp', address: '127.0.0.1', port: 0 },
      { protocol: 'tcp', address: '127.0.0.1', port: 0 },
    ],
    secret: SECRET,
    log: silentLog,
    ...options,
  });
  const srf: Loose = new (Srf as Loose)();
  prepare(srf);
  const connected = new Promise<void>((resolve, reject) => {
    srf.on('connect', (error: unknown) => (error ? reject(error) : resolve()));
  });
  if (via === 'in process') {
    const link = engine.inProcess();
    srf.listen({ server: link.server, secret: link.secret });
    link.open();
  } else {
    const admin = await engine.listenAdmin({ host: '127.0.0.1', port: 0 });
    srf.on('error', () => {});
    srf.connect({ host: '127.0.0.1', port: admin.port, secret: SECRET });
  }
  await connected;
  return {
    engine,
    srf,
    uri: (user, transport = 'udp') => {
      const end = engine.addresses.find(({ protocol }) => protocol === transport);
      const parameter = transport === 'tcp' ? ';transport=tcp' : '';
      return `sip:${user}@127.0.0.1:${end?.port}${parameter}`;
    },
    stop: async () => {
      // Before the engine goes, or drachtio-srf would go on looking for it.
      for (const socket of srf.app.client.mapServer.keys()) srf.disconnect(socket);
      await engine.stop(0);
    },
  };
}

/** The next time an emitter says that. */
export function next(emitter: Loose, event: string): Promise<Loose[]> {
  return new Promise((resolve) => emitter.once(event, (...args: Loose[]) => resolve(args)));
}

/** A promise and what settles it. */
export function deferred<T = Loose>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Waits until something is so. */
export async function until(condition: () => boolean, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come to be so');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
