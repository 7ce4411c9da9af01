import { type Clock, Events, Fault, type Ids, type Log, type Millis } from '../../core';
import type { MediaLine, MediaPlane, NodeUsage, OpenLine, PlaneEvent, PlaneUsage } from '../plane';
import { DigitLog } from './digit-log';
import type { Ground } from './ground';
import { deletion, type LineOwner, RtpengineLine } from './line';
import { type NgAddress, NgClient, type NgFailure, type NgSocket, UdpNgSocket } from './ng';
import { byLoad, Node, type NodeOwner } from './node';
import { type SoundFiles, Sounds } from './sounds';

export interface RtpengineOptions {
  readonly nodes: readonly RtpengineNode[];
  /** How long an answer is waited for, over all repetitions of a command. */
  readonly timeoutMs: Millis;
  /** How often each node is asked whether it lives. */
  readonly pingMs: Millis;
  /** After so long without an answer a node's calls are given up. */
  readonly lostAfterMs: Millis;
  /** A watched side that is silent this long is reported; Infinity never reports one. */
  readonly rtpTimeoutMs: Millis;
  /** Where sounds are laid down for the nodes; without it they go along in commands. */
  readonly sounds?: SoundFiles | undefined;
  /** Where the nodes report what is dialled; without it no codes are heard. */
  readonly digits?: NgAddress | undefined;
  /** What is to be mixed in is played in the place of speech instead of being refused. */
  readonly tonesReplaceSpeech: boolean;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** How a node is reached. Default UDP. */
  readonly socket?: (address: NgAddress) => NgSocket;
}

export interface RtpengineNode extends NgAddress {
  /** Its share of the calls, in proportion to those of the others. Default 1. */
  readonly weight?: number;
}

/**
 * Asks every node for the first time; those that do not answer are asked on. Rejects when digits cannot
 * be listened for where they are to be.
 */
export async function createRtpenginePlane(options: RtpengineOptions): Promise<RtpenginePlane> {
  const plane = new RtpenginePlane(options);
  try {
    await plane.ready;
    return plane;
  } catch (error) {
    await plane.close();
    throw error;
  }
}

/** Counters are read at least so often, for they are what silence is told by. */
const SHORTEST_LOOK: Millis = 1_000;
const LONGEST_LOOK: Millis = 15_000;
/** Of a silence that is to be reported. */
const LOOKS_A_SILENCE = 4;

/** One or more rtpengines that move the packets, by their ng protocol. */
export class RtpenginePlane implements MediaPlane, NodeOwner, LineOwner {
  /** Resolves when every node has answered or failed to. */
  readonly ready: Promise<unknown>;

  readonly #ground: Ground;
  readonly #nodes: readonly Node[];
  readonly #lines = new Set<RtpengineLine>();
  /** Calls that a node could not be told to end. */
  readonly #undeleted = new Map<Node, Set<string>>();
  readonly #events = new Events<{ plane: PlaneEvent }>();
  /** Of lines that are closed. */
  #digits: DigitLog | undefined;
  #relayed = 0;
  #forked = 0;
  #nextLine = 1;

  constructor(options: RtpengineOptions) {
    const { clock, ids, log, rtpTimeoutMs, timeoutMs } = options;
    const look = rtpTimeoutMs / LOOKS_A_SILENCE;
    this.#ground = {
      clock,
      log,
      sounds: new Sounds(options.sounds),
      rtpTimeoutMs,
      lookMs: Math.max(SHORTEST_LOOK, Math.min(LONGEST_LOOK, look)),
      tonesReplaceSpeech: options.tonesReplaceSpeech,
    };
    const socketTo = options.socket ?? ((address) => new UdpNgSocket(address));
    const { pingMs, lostAfterMs } = options;
    this.#nodes = options.nodes.map(({ weight = 1, ...address }) => {
      const socket = socketTo(address);
      const client = new NgClient({ socket, clock, cookies: ids.token(6), timeoutMs });
      const name = showAddress(address);
      return new Node({ name, weight, client, clock, log, pingMs, lostAfterMs }, this);
    });
    this.ready = Promise.all([
      this.#listenForDigits(options.digits),
      ...this.#nodes.map((node) => node.start()),
    ]);
  }

  /** Where digits are listened for; undefined where they are not. */
  get digitsPort(): number | undefined {
    return this.#digits?.port;
  }

  /** Some node takes new calls. */
  get available(): boolean {
    return this.#nodes.some((node) => node.up);
  }

  /** @throws Fault MEDIA_NODES_DOWN, PORTS_EXHAUSTED */
  async open(options: OpenLine): Promise<MediaLine> {
    const id = `line-${this.#nextLine++}`;
    let refused: string | undefined;
    for (const node of this.#candidates(options.callId)) {
      // Counted while it is being opened too, or many at once would all go to the same node.
      node.lines += 1;
      const opened = await RtpengineLine.open(this.#ground, this, node, id, options);
      if ('line' in opened) {
        this.#lines.add(opened.line);
        return opened.line;
      }
      node.lines -= 1;
      const { kind, reason } = opened.failed;
      this.#ground.log.warn({ call: options.callId, node: node.name, reason }, 'line not opened');
      this.#remember(node, opened.failed, `${options.callId}/${id}`);
      if (kind !== 'silent') refused = `${node.name}: ${reason}`;
    }
    if (refused !== undefined) throw new Fault('PORTS_EXHAUSTED', refused);
    throw new Fault('MEDIA_NODES_DOWN');
  }

  onEvent(listener: (event: PlaneEvent) => void): () => void {
    return this.#events.on('plane', listener);
  }

  async usage(): Promise<PlaneUsage> {
    const lines = [...this.#lines];
    const forks = lines.reduce((sum, line) => sum + line.forks, 0);
    return {
      lines: lines.length,
      forks,
      portsInUse: 4 * lines.length + 2 * forks,
      portsQuarantined: 0,
      packetsRelayed: lines.reduce((sum, line) => sum + packetsOf(line), this.#relayed),
      packetsForked: lines.reduce((sum, line) => sum + line.forked, this.#forked),
      kernelDrops: 0,
      nodes: this.#nodes.map(
        (node): NodeUsage => ({ name: node.name, up: node.up, lines: node.lines }),
      ),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lines].map((line) => line.close()));
    for (const node of this.#nodes) node.close();
    this.#digits?.close();
  }

  onReturn(node: Node): void {
    for (const ngCall of this.#undeleted.get(node) ?? []) void this.#deleteNow(node, ngCall);
    for (const line of this.#linesOf(node)) void line.recheck();
  }

  onLost(node: Node): void {
    const lines = this.#linesOf(node);
    if (lines.length === 0) return;
    const callIds = [...new Set(lines.map((line) => line.callId))];
    this.#ground.log.error({ node: node.name, calls: callIds.length }, 'rtpengine node lost');
    for (const line of lines) line.abandon(line.ngCall);
    this.#events.emit('plane', { kind: 'worker-lost', callIds });
  }

  onGone(line: RtpengineLine): void {
    const { callId } = line;
    line.warn({}, 'rtpengine has lost the line');
    // What it has under this name now, if anything, is none of ours.
    line.abandon(line.ngCall);
    void this.#deleteNow(line.node, line.ngCall);
    this.#events.emit('plane', { kind: 'worker-lost', callIds: [callId] });
  }

  onSilence({ callId, id }: RtpengineLine, side: 'a' | 'b', silentMs: Millis): void {
    this.#events.emit('plane', { kind: 'rtp-timeout', callId, lineId: id, side, silentMs });
  }

  onCode({ callId, id }: RtpengineLine, side: 'a' | 'b', code: string): void {
    this.#events.emit('plane', { kind: 'code', callId, lineId: id, side, code });
  }

  onClosed(line: RtpengineLine, undeleted: string | undefined): void {
    if (!this.#lines.delete(line)) return;
    line.node.lines -= 1;
    this.#relayed += packetsOf(line);
    this.#forked += line.forked;
    if (undeleted !== undefined) this.#undeletedOf(line.node).add(undeleted);
  }

  async #listenForDigits(address: NgAddress | undefined): Promise<void> {
    if (!address) return;
    this.#digits = await DigitLog.listen(address, ({ ngCall, side, digit }) => {
      for (const line of this.#lines) if (line.ngCall === ngCall) line.dialled(side, digit);
    });
  }

  /** Where the call is already, then where there is least to do. */
  #candidates(callId: string): readonly Node[] {
    const nodes = byLoad(this.#nodes);
    const carrying = [...this.#lines].find((line) => line.callId === callId)?.node;
    if (!carrying?.up) return nodes;
    return [carrying, ...nodes.filter((node) => node !== carrying)];
  }

  #linesOf(node: Node): RtpengineLine[] {
    return [...this.#lines].filter((line) => line.node === node);
  }

  /** What was asked for and not answered may be there all the same. */
  #remember(node: Node, failed: NgFailure, ngCall: string): void {
    if (failed.kind === 'silent') this.#undeletedOf(node).add(ngCall);
    else void this.#deleteNow(node, ngCall);
  }

  async #deleteNow(node: Node, ngCall: string): Promise<void> {
    const outcome = await node.ask(deletion(ngCall));
    if (outcome.kind === 'silent') this.#undeletedOf(node).add(ngCall);
    else this.#undeletedOf(node).delete(ngCall);
  }

  #undeletedOf(node: Node): Set<string> {
    const known = this.#undeleted.get(node) ?? new Set<string>();
    this.#undeleted.set(node, known);
    return known;
  }
}

function packetsOf({ counters }: RtpengineLine): number {
  return counters.a.packets + counters.b.packets;
}

function showAddress({ host, port }: NgAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
