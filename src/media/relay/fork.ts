import type { Instant, Millis } from '../../core';
import type { Endpoint, ForkStats } from '../plane';
import { classify, DATAGRAM } from '../rtp';
import { type AddressWords, type SocketAddress, sameHost, socketAddress } from './address';
import type { Agenda, Appointment } from './agenda';
import type { DatagramSink } from './datagram';
import { type ForkReports, firstReportDelay, REPORT_INTERVAL } from './fork-reports';
import type { Tap } from './leg';
import type { PacketQueue } from './packet-queue';
import type { PortPair } from './port-pairs';
import { FORK_ROW, ROW, type Row, SPEAKS } from './row';
import { type Transform, transformed } from './transform';

/** Kept packets leave in bursts that any receive buffer holds, some hundred times faster than live. */
const FIRST_BURST = 50;
const BURST = 25;
const BURST_INTERVAL: Millis = 10;

/**
 * One party's packets on their way to the recorder.
 *
 *     keeping ──start──▶ catching up ──queue empty──▶ live
 *        ▲                    │                         │
 *        └─────── keep ───────┴─────────────────────────┘
 *
 * Until `start` packets are kept; while catching up they queue behind the kept ones, and behind those that
 * one recorder was still to get when it was found gone. `pause` is a gate at the entrance, in every state: what
 * arrives behind it is neither sent nor kept.
 *
 * While it is live a backend may send to the recorder by the row of the port alone: `#settle` says there
 * whether it may.
 */
export class Fork implements Tap {
  /** The ports as the rest of this fork sees them. */
  #ports: PortPair;
  #remote: { readonly rtp: SocketAddress; readonly rtcp: SocketAddress } | undefined;
  #started = false;
  #paused = false;
  /** Packets and octets are counted here, for the path to count there too. */
  readonly row: Row;
  #burst: Appointment | undefined;
  #report: Appointment | undefined;

  readonly #sendKept = (bytes: Buffer, offset: number, length: number, arrival: Instant): void =>
    this.#send(bytes, offset, length, arrival);

  /** `queue` has what arrives before `start`. */
  constructor(
    readonly pair: PortPair,
    private readonly reports: ForkReports,
    private readonly agenda: Agenda,
    private readonly clock: () => Instant,
    private readonly queue: PacketQueue,
    /** Packets may wait for others, where that is cheaper. */
    private readonly batches: boolean,
  ) {
    this.#ports = pair;
    this.row = pair.rtp.row;
    this.#listen();
  }

  /** What stands between this fork and the wire from now on; undefined: nothing. */
  transform(transform: Transform | undefined): void {
    this.#ports = transformed(this.pair, transform);
    this.#listen();
    this.#settle();
  }

  get packets(): number {
    return this.row.get(ROW.packets);
  }

  /** False when the address is none this fork could send to. */
  start(remote: Endpoint): boolean {
    const { family } = this.pair.rtp;
    const rtp = socketAddress(remote.address, remote.rtpPort);
    const rtcp = socketAddress(remote.address, remote.rtcpPort);
    if (rtp?.family !== family || rtcp?.family !== family) return false;
    this.#remote = { rtp, rtcp };
    // Reports come to the RTP port only when they are multiplexed (RFC 5761), and RTP never.
    this.pair.rtp.listen(rtp.port === rtcp.port);
    this.#started = true;
    this.reports.forgetIntroduction();
    this.#settle();
    this.#sendBurst(FIRST_BURST);
    this.#report ??= this.agenda.every(REPORT_INTERVAL, this.clock() + firstReportDelay(), () =>
      this.#sendRtcp(this.reports.regular()),
    );
    return true;
  }

  /** The recorder is gone: what was not yet sent, and what arrives from now on, is for whom `start` names next. */
  keep(): void {
    if (!this.#started) return;
    // What waited to be sent together with others is the old recorder's: it may be sealed for it.
    this.#ports.rtp.flush();
    this.#started = false;
    this.#remote = undefined;
    this.#burst?.cancel();
    this.#report?.cancel();
    this.#report = undefined;
    this.reports.forgetRecorder();
    this.#settle();
  }

  /** What arrived before goes out at once, what arrives from now on never does. `done` is called when all is out. */
  pause(done: () => void): void {
    this.#paused = true;
    this.#settle();
    if (this.#started) {
      this.#sendBurst(this.queue.count);
      this.#ports.rtp.flush();
    }
    this.#ports.rtp.drained(done);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.reports.forgetIntroduction();
    this.#settle();
  }

  onPacket(bytes: Buffer, offset: number, length: number, now: Instant): void {
    if (this.#paused) return;
    if (this.#isLive()) this.#send(bytes, offset, length, now);
    else this.queue.push(bytes, offset, length, now);
  }

  stats(): ForkStats {
    return {
      packets: this.packets,
      octets: this.row.getReal(ROW.octets),
      dropped: this.queue.dropped,
      cut: false,
      crowdedOut: this.queue.crowdedOut,
      sendErrors: this.row.get(FORK_ROW.sendErrors),
      recorder: this.reports.recorder,
    };
  }

  /** Sends what is still kept and BYE, and stops. The ports are the caller's to retire. */
  close(): void {
    if (this.#started) {
      this.#sendBurst(this.queue.count);
      this.#ports.rtp.flush();
      this.#sendRtcp(this.reports.bye());
      this.#ports.rtcp.flush();
    }
    this.#paused = true;
    this.#started = false;
    this.#settle();
    this.queue.clear();
    this.#burst?.cancel();
    this.#report?.cancel();
  }

  #listen(): void {
    const sink: DatagramSink = {
      onDatagram: (bytes, offset, length, source, now) =>
        this.#fromRecorder(bytes, offset, length, source, now),
      onRefused: (bytes, offset, length) => {
        const { row } = this;
        const isReport = classify(bytes, offset, length) === DATAGRAM.rtcp;
        row.set(FORK_ROW.sendErrors, row.get(FORK_ROW.sendErrors) + 1);
        // It was counted as sent.
        if (!isReport) row.set(ROW.packets, row.get(ROW.packets) - 1);
      },
    };
    this.#ports.rtp.sink = sink;
    this.#ports.rtcp.sink = sink;
  }

  #send(bytes: Buffer, offset: number, length: number, arrival: Instant): void {
    if (!this.#remote) return;
    this.#sendRtcp(this.reports.introduce(bytes, offset, arrival));
    const { rtp } = this.#remote;
    const { row } = this;
    row.set(ROW.packets, row.get(ROW.packets) + 1);
    row.setReal(ROW.octets, row.getReal(ROW.octets) + length);
    this.reports.sent(bytes, offset, length, arrival);
    if (this.batches) this.#ports.rtp.sendLater(bytes, offset, length, rtp);
    else this.#ports.rtp.send(bytes, offset, length, rtp);
    this.#settle();
  }

  #isLive(): boolean {
    return this.#started && this.queue.count === 0;
  }

  /**
   * Writes into the row what a packet needs to be sent by it: to the recorder, that knows its stream; only over IPv4, of
   * which two words are all.
   */
  #settle(): void {
    const { row, pair } = this;
    const rtp = this.#remote?.rtp;
    const plain = this.#ports === pair && pair.rtp.family === 4;
    const direct = this.#isLive() && !this.#paused && this.reports.introduced;
    const how = this.batches ? SPEAKS.later : SPEAKS.atOnce;
    row.set(ROW.speaks, plain && direct ? how : SPEAKS.not);
    row.set(ROW.targetHead, rtp?.head ?? 0);
    row.set(ROW.targetHost, rtp?.host ?? 0);
  }

  #sendBurst(size: number): void {
    this.#burst?.cancel();
    for (let i = 0; i < size && this.queue.count > 0; i++) this.queue.shift(this.#sendKept);
    if (this.queue.count === 0) return;
    this.#burst = this.agenda.at(this.clock() + BURST_INTERVAL, () => this.#sendBurst(BURST));
  }

  #sendRtcp(datagram: Buffer | undefined): void {
    if (!datagram || !this.#remote) return;
    const { rtp, rtcp } = this.#remote;
    const socket = rtp.port === rtcp.port ? this.#ports.rtp : this.#ports.rtcp;
    socket.send(datagram, 0, datagram.length, rtcp);
  }

  #fromRecorder(
    bytes: Buffer,
    offset: number,
    length: number,
    source: AddressWords,
    now: Instant,
  ): void {
    if (!this.#remote || !sameHost(this.#remote.rtp.words, source)) return;
    if (classify(bytes, offset, length) !== DATAGRAM.rtcp) return;
    this.reports.read(bytes, offset, length, now);
  }
}
