import { showPath } from '../key-tree';
import { isWildcard, type PortRange, portPairs, showHostPort } from '../values';
import { usesRtpengine } from './media-plane';
import { at, type Check, type Subject, usesEmbeddedRecorder } from './subject';

/** RTP/RTCP pairs of one recorded call: one for each party, one for each copy to the recorder. */
const PAIRS_OF_A_RECORDED_CALL = 4;
/** Pairs of one recording at the embedded recorder: one for each party. */
const PAIRS_OF_A_RECORDING = 2;

/** A socket that the configuration asks for. */
interface Bound {
  readonly path: readonly PropertyKey[];
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** No two sockets are bound to the same place. */
export const noPortTwice: Check = (subject) => {
  const sockets = boundSockets(subject);
  return sockets.flatMap((socket, index) => {
    const earlier = sockets
      .slice(0, index)
      .find((other) => other.protocol === socket.protocol && clash(other, socket));
    if (!earlier || socket.port === 0) return [];
    const place = `${socket.protocol}/${showHostPort(socket.address, socket.port)}`;
    return [at(subject, socket.path, `${place} is taken by ${showPath(earlier.path)} already`)];
  });
};

/** No SIP socket stands among the ports of RTP, and the ranges keep apart. */
export const rangesKeepApart: Check = (subject) => {
  const { media, recorder } = subject.parts;
  const calls = rangeOf(['media', 'ports'], media?.address, relayPorts(subject));
  const own = usesEmbeddedRecorder(recorder) ? recorder?.embedded : undefined;
  const recordings = rangeOf(['recorder', 'embedded', 'ports'], own?.address, own?.ports);
  const ranges = [calls, recordings].filter((range) => range !== undefined);
  const problems = boundSockets(subject)
    .filter((socket) => socket.protocol === 'udp')
    .flatMap((socket) => {
      const around = ranges.find(
        ({ address, ports }) =>
          sameAddress(address, socket.address) &&
          socket.port >= ports.first &&
          socket.port <= ports.last,
      );
      if (!around) return [];
      return [at(subject, socket.path, `port ${socket.port} lies within ${around.path.join('.')}`)];
    });
  if (
    calls &&
    recordings &&
    sameAddress(calls.address, recordings.address) &&
    calls.ports.first <= recordings.ports.last &&
    recordings.ports.first <= calls.ports.last
  ) {
    const [mine, theirs] = [show(recordings.ports), show(calls.ports)];
    problems.push(at(subject, recordings.path, `${mine} overlaps media.ports, which is ${theirs}`));
  }
  return problems;
};

/** The ranges hold as many calls as `sip.maxCalls` lets in. */
export const portsForEveryCall: Check = (subject) => {
  const { sip, recorder } = subject.parts;
  const maxCalls = sip?.maxCalls;
  if (maxCalls === undefined) return [];
  const tooFew = (path: readonly string[], ports: PortRange | undefined, pairsEach: number) => {
    const calls = ports ? Math.floor(portPairs(ports) / pairsEach) : maxCalls;
    if (!ports || calls >= maxCalls) return [];
    const message = `${show(ports)} is enough for ${calls} recorded calls, and sip.maxCalls is ${maxCalls}: each takes ${pairsEach * 2} ports`;
    return [at(subject, path, message)];
  };
  const own = usesEmbeddedRecorder(recorder) ? recorder?.embedded : undefined;
  return [
    ...tooFew(['media', 'ports'], relayPorts(subject), PAIRS_OF_A_RECORDED_CALL),
    ...tooFew(['recorder', 'embedded', 'ports'], own?.ports, PAIRS_OF_A_RECORDING),
  ];
};

function boundSockets(subject: Subject): Bound[] {
  const { sip, recorder, http, announcements } = subject.parts;
  const sockets: Bound[] = [];
  if (sip?.engine?.kind === 'embedded') {
    sip.listen?.forEach((place, index) => {
      sockets.push({ path: ['sip', 'listen', index], ...place });
    });
  }
  if (usesEmbeddedRecorder(subject.parts.recorder)) {
    recorder?.embedded?.listen?.forEach((place, index) => {
      sockets.push({ path: ['recorder', 'embedded', 'listen', index], ...place });
    });
  }
  if (http?.listen) {
    const { host, port } = http.listen;
    sockets.push({ path: ['http', 'listen'], protocol: 'tcp', address: host, port });
  }
  const { listenAddress: address, listenPort: port } = announcements?.freeswitch ?? {};
  if (announcements?.source === 'freeswitch' && address !== undefined && port !== undefined) {
    sockets.push({
      path: ['announcements', 'freeswitch', 'listenPort'],
      protocol: 'tcp',
      address,
      port,
    });
  }
  return sockets;
}

/** Ports on an address, and the key that says so. */
interface Range {
  readonly path: readonly string[];
  readonly address: string;
  readonly ports: PortRange;
}

function rangeOf(path: readonly string[], address?: string, ports?: PortRange): Range | undefined {
  return address !== undefined && ports ? { path, address, ports } : undefined;
}

/** Those of calls, where it is this process that carries them. */
function relayPorts(subject: Subject): PortRange | undefined {
  return usesRtpengine(subject) ? undefined : subject.parts.media?.ports;
}

function clash(one: Bound, other: Bound): boolean {
  return one.port === other.port && sameAddress(one.address, other.address);
}

/** Whether sockets on both addresses would meet: a wildcard meets every address. */
function sameAddress(one: string, other: string): boolean {
  return one === other || isWildcard(one) || isWildcard(other);
}

function show(ports: PortRange): string {
  return `${ports.first}-${ports.last}`;
}
