import { isLoopback } from '../../core';
import { keyAt } from '../key-tree';
import { at as partAt } from '../located';
import type { Problem } from '../problem';
import { showHostPort } from '../values';
import { at, type Check, type Subject, usesEmbeddedRecorder } from './subject';

/** Whether RTP is moved by other processes than this one. */
export function usesRtpengine({ parts }: Subject): boolean {
  return parts.media?.plane === 'rtpengine';
}

/** There is a node, and none twice. */
export const nodesAreThere: Check = (subject) => {
  if (!usesRtpengine(subject)) return [];
  const nodes = subject.parts.media?.rtpengine?.nodes;
  if (nodes?.length === 0) {
    const message = 'media.plane is rtpengine: name at least one, as in [{address: 10.0.0.5:2223}]';
    return [at(subject, ['media', 'rtpengine', 'nodes'], message)];
  }
  const places = nodes?.map(({ address }) => showHostPort(address.host, address.port)) ?? [];
  return places.flatMap((place, index) => {
    if (places.indexOf(place) === index) return [];
    return [
      at(subject, ['media', 'rtpengine', 'nodes', index, 'address'], `${place} is named twice`),
    ];
  });
};

/** What rtpengine has options of its own for. */
const NOT_OURS_TO_SET: Readonly<Record<string, string>> = {
  externalAddress: 'it shows what its own option says: --interface=ADDRESS!EXTERNAL',
  ports: 'it takes its ports by its own options: --port-min and --port-max',
  quarantineSeconds: 'it has no quarantine for ports',
  workers: 'it has its own option for threads: --num-threads',
  rtpHoldTimeoutSeconds: 'lines on hold are not watched there',
  forkBufferMegabytes: 'it keeps no audio',
  batchForks: 'it sends each packet as it comes',
  backend: 'it moves packets in its own way',
};

/** Nobody is to believe in a setting that nothing obeys. */
export const rtpengineIsSetUpByItself: Check = (subject) => {
  if (!usesRtpengine(subject)) return [];
  return Object.entries(NOT_OURS_TO_SET).flatMap(([key, reason]): Problem[] => {
    const path = ['media', key];
    const written = partAt(subject.written, path);
    if (written?.kind !== 'scalar' || written.value === keyAt(path)?.preset) return [];
    return [at(subject, path, `has no effect on media.plane: rtpengine, ${reason}`)];
  });
};

/** The beginning that the relay would keep is missing then: who wants it kept is to know. */
export const rtpengineKeepsNothing: Check = (subject) => {
  const path = ['media', 'forkBufferSeconds'];
  const written = partAt(subject.written, path);
  if (!usesRtpengine(subject) || !written || written.origin.kind === 'default') return [];
  if (subject.parts.media?.forkBufferSeconds === 0) return [];
  const message =
    'rtpengine keeps no audio until the recorder has answered, so that recordings begin a moment late: write 0, or leave it to the relay';
  return [at(subject, path, message)];
};

/** SRTP ends at the relay: who asks for it is not to get audio in the clear. */
export const rtpengineKnowsNoKeys: Check = (subject) => {
  if (!usesRtpengine(subject)) return [];
  const { peers = [], recorder } = subject.parts;
  const message = 'SRTP is for media.plane: relay, rtpengine is told of no keys';
  return [
    ...peers.flatMap((peer, index) =>
      peer?.srtp === 'required' || peer?.srtp === 'optional'
        ? [at(subject, ['peers', index, 'srtp'], message)]
        : [],
    ),
    ...(recorder?.srtp === 'sdes' ? [at(subject, ['recorder', 'srtp'], message)] : []),
  ];
};

/** Copies come from the nodes: a recorder on loopback hears those of this machine only. */
export const nodesReachTheRecorder: Check = (subject) => {
  const { media, recorder } = subject.parts;
  const own = usesEmbeddedRecorder(recorder) ? recorder?.embedded?.address : undefined;
  if (!usesRtpengine(subject) || !own || !isLoopback(own)) return [];
  const outside = media?.rtpengine?.nodes?.find(({ address }) => !isLoopback(address.host));
  if (!outside) return [];
  const { host, port } = outside.address;
  const message = `${own} cannot be reached by the rtpengine at ${showHostPort(host, port)}: name an address that it can send to`;
  return [at(subject, ['recorder', 'embedded', 'address'], message)];
};
