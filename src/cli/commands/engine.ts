import { Command, InvalidArgumentError } from 'commander';
import { busyShare, createLog, type LogLevel } from '../../core';
import { Engine } from '../../engine';
import { untilTold } from '../until-told';

interface Options {
  readonly adminHost: string;
  readonly adminPort: number;
  readonly secret: string | undefined;
  readonly listen: Listener[] | undefined;
  readonly externalAddress: string | undefined;
  readonly logLevel: LogLevel;
}

interface Listener {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
}

/** `twintrack engine`: the SIP engine alone, for drachtio applications over TCP. */
export function engineCommand(): Command {
  return new Command('engine')
    .description("Run the SIP engine alone; it speaks drachtio-server's control protocol.")
    .option('--admin-host <address>', 'where applications connect', '127.0.0.1')
    .option('--admin-port <port>', 'port where applications connect', asPort, 9022)
    .option('--secret <secret>', 'what applications must know; or TWINTRACK_ENGINE_SECRET')
    .option(
      '--listen <address>',
      'SIP, as udp/192.0.2.1:5060; may be repeated; by default udp and tcp of 127.0.0.1:5060',
      addListener,
    )
    .option('--external-address <host>', 'address that Via and Contact show')
    .option('--log-level <level>', 'trace, debug, info, warn or error', 'info')
    .action(async (options: Options) => {
      const secret = options.secret ?? process.env.TWINTRACK_ENGINE_SECRET;
      if (!secret) throw new Error('engine wants --secret, or TWINTRACK_ENGINE_SECRET');
      const log = createLog(options.logLevel);
      const engine = await Engine.start({
        listen: options.listen ?? DEFAULT_LISTEN,
        externalAddress: options.externalAddress,
        secret,
        busy: busyShare(),
        log,
      });
      try {
        const { adminHost: host, adminPort: port } = options;
        const admin = await engine.listenAdmin({ host, port });
        log.info({ sip: engine.addresses, admin: `${admin.host}:${admin.port}` }, 'engine ready');
        await untilTold();
      } finally {
        await engine.stop();
      }
      log.info('stopped');
    });
}

const DEFAULT_LISTEN: Listener[] = [
  { protocol: 'udp', address: '127.0.0.1', port: 5060 },
  { protocol: 'tcp', address: '127.0.0.1', port: 5060 },
];

function addListener(text: string, before: Listener[] = []): Listener[] {
  const [, protocol, address, port] = /^(udp|tcp)\/\[?([^\]]+)\]?:(\d+)$/.exec(text) ?? [];
  if (protocol !== 'udp' && protocol !== 'tcp') {
    throw new InvalidArgumentError('Wants udp/ADDRESS:PORT or tcp/ADDRESS:PORT.');
  }
  return [...before, { protocol, address: address ?? '', port: asPort(port ?? '') }];
}

function asPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('Wants a port from 0 to 65535.');
  }
  return port;
}
