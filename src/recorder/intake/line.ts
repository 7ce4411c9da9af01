import type { RemoteInfo } from 'node:dgram';
import { isIPv6, SocketAddress } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Instant } from '../../core';
import {
  classify,
  DATAGRAM,
  type Endpoint,
  loadKit,
  parseRtcp,
  parseRtp,
  SrtpTransform,
} from '../../media';
import type { Format } from '../timeline/format';
import type { Lane } from '../timeline/lane';
import { Latch } from './latch';
import type { LineOrder } from './messages';
import type { PortPair } from './port-pairs';
import { REPORT_INTERVAL, ReceiverReports } from './reports';

/** Told of packets that are kept as they are. */
export type Keep = (datagram: Buffer, from: RemoteInfo, to: Endpoint) => void;

/** One m-line: its sockets, who may send to them, and the lane on which its packets are recorded. */
export class Line {
  /** Datagrams read so far, whatever they were. */
  datagrams = 0;
  strangers = 0;
  malformed = 0;
  lastHeardAt: Instant | undefined;
  label: string | undefined;

  readonly local: Endpoint;
  readonly #latch = new Latch();
  readonly #reports: ReceiverReports;
  /** Undefined for a line that has never been by SRTP. */
  #srtp: SrtpTransform | undefined;
  #secure = false;
  #remote: Endpoint | undefined;
  /** Where the sender's RTCP came from. */
  #control:
    | { readonly address: string; readonly port: number; readonly muxed: boolean }
    | undefined;
  #nextReport: Instant;

  constructor(
    readonly number: number,
    readonly pair: PortPair,
    readonly lane: Lane,
    options: { readonly address: string; readonly cname: string; readonly now: Instant },
    private readonly keep: Keep,
  ) {
    this.local = { address: options.address, rtpPort: pair.port, rtcpPort: pair.port + 1 };
    this.#reports = new ReceiverReports(lane, options.cname);
    // Reports of many lines are not to leave at once, nor before there is something to say.
    this.#nextReport = options.now + REPORT_INTERVAL * (0.5 + Math.random() / 2);
    pair.rtp.on('message', (bytes, from) => this.#hear(bytes, from, true));
    pair.rtcp.on('message', (bytes, from) => this.#hear(bytes, from, false));
  }

  /** Packets that SRTP refused. */
  get refused(): { readonly unauthentic: number; readonly replayed: number } {
    const { unauthentic = 0, replayed = 0 } = this.#srtp ?? {};
    return { unauthentic, replayed };
  }

  /** What signalling says of the line, now or anew. */
  follow({ label, payloads, remote, active, srtp }: LineOrder, now: Instant): void {
    this.label = label;
    this.#secure = srtp !== undefined;
    if (srtp) {
      this.#srtp ??= new SrtpTransform(loadKit());
      this.#srtp.use(srtp);
    }
    this.#remote = remote && { ...remote, address: canonical(remote.address) };
    this.#latch.expect(this.#remote);
    this.lane.understand(payloads);
    this.lane.setActive(active, now);
  }

  tick(now: Instant): void {
    if (now < this.#nextReport) return;
    this.#nextReport = now + REPORT_INTERVAL;
    this.#sendControl(this.#reports.report(now));
  }

  /** The line is over: nothing is heard any more. */
  close(now: Instant): void {
    this.lane.finish(now);
    this.#sendControl(this.#reports.bye(now));
    this.#srtp?.close();
  }

  #hear(datagram: Buffer, from: RemoteInfo, onRtpPort: boolean): void {
    const now = performance.now();
    this.datagrams++;
    const bytes = this.#opened(datagram);
    if (!bytes) return;
    switch (classify(bytes, 0, bytes.length)) {
      case DATAGRAM.rtp:
        this.#hearRtp(bytes, from, now);
        break;
      case DATAGRAM.rtcp:
        this.#hearControl(bytes, from, onRtpPort, now);
        break;
      default:
        this.malformed++;
    }
  }

  /** What was protected, in the clear; undefined when nobody is to hear it. */
  #opened(datagram: Buffer): Buffer | undefined {
    if (!this.#secure) return datagram;
    const length = this.#srtp!.inbound(datagram, 0, datagram.length);
    return length < 0 ? undefined : datagram.subarray(0, length);
  }

  #hearRtp(bytes: Buffer, from: RemoteInfo, now: Instant): void {
    if (!this.#latch.admits(from, now)) {
      this.strangers++;
      return;
    }
    const packet = parseRtp(bytes);
    if (!packet) {
      this.malformed++;
      return;
    }
    this.lastHeardAt = now;
    const format: Format | undefined = this.lane.receive(packet, now);
    if (format?.kept === 'pcap') this.keep(bytes, from, this.local);
  }

  #hearControl(bytes: Buffer, from: RemoteInfo, muxed: boolean, now: Instant): void {
    const host = this.#latch.sender?.address ?? this.#remote?.address;
    if (host !== undefined && host !== from.address) {
      this.strangers++;
      return;
    }
    this.#control = { address: from.address, port: from.port, muxed };
    this.lastHeardAt = now;
    this.lane.receiveControl(parseRtcp(bytes), now);
  }

  #sealed(report: Buffer): Buffer | undefined {
    if (!this.#secure) return report;
    const srtp = this.#srtp!;
    const length = srtp.outbound(report, 0, report.length);
    return length < 0 ? undefined : Buffer.from(srtp.sealed.subarray(0, length));
  }

  /** To where the sender's RTCP comes from, or else to where signalling says it goes. */
  #sendControl(report: Buffer): void {
    const remote = this.#remote;
    const to =
      this.#control ??
      (remote && {
        address: remote.address,
        port: remote.rtcpPort,
        muxed: remote.rtcpPort === remote.rtpPort,
      });
    if (!to) return;
    const socket = to.muxed ? this.pair.rtp : this.pair.rtcp;
    const datagram = this.#sealed(report);
    if (datagram) socket.send(datagram, to.port, to.address, () => undefined);
  }
}

/** An IP literal as sockets write it: IPv6 has many spellings. */
function canonical(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
