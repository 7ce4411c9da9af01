import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../../src/media';
import { openSqliteSettings, type Wish } from '../../../src/policy';
import type { CallRecord } from '../../../src/sip';
import type { Dialog, Headers, IncomingInvite } from '../../../src/ua';
import { change, organization, provider } from '../../policy/settings/support';
import { mediaPorts } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { portOf, until } from '../b2bua/ear';
import { Party } from '../b2bua/party';
import { Handset, type HandsetOptions, type Spoken } from './handset';

/** A call as it is written down: times are text. */
export type Written<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Written<Item>[]
    : T extends object
      ? { [Key in keyof T]: Written<T[Key]> }
      : T;

export interface CallOptions {
  readonly from: string;
  readonly to: string;
  /** What both speak. */
  readonly codec: Spoken;
  /** What the caller offers; by default that alone. */
  readonly offers?: readonly Spoken[];
  /** How both are reached. */
  readonly wire?: HandsetOptions;
  /** What the caller says of itself. */
  readonly headers?: Headers;
  /** What the callee does before it answers. Resolves with the INVITE that it answers. */
  readonly ring?: (
    invite: IncomingInvite,
    caller: Handset,
    callee: Handset,
  ) => Promise<IncomingInvite>;
}

/** A call that was answered. */
export interface Talk {
  readonly caller: Handset;
  readonly callee: Handset;
  readonly dialogs: { readonly caller: Dialog; readonly callee: Dialog };
  /** The INVITE that the callee got. */
  readonly invite: IncomingInvite;
  /** Ours, to which the callee sends, and the caller. */
  readonly ports: { readonly caller: number; readonly callee: number };
}

/** Twintrack as its users run it, with settings, and phones on both sides of it. */
export class Exchange {
  readonly #handsets: Handset[] = [];
  /** Who waits for the next INVITE to a number. */
  readonly #expected = new Map<string, (invite: IncomingInvite) => void>();

  private constructor(
    readonly product: Product,
    readonly directory: string,
    private readonly caller: Party,
    private readonly callee: Party,
  ) {
    callee.agent.onInvite = (invite) => {
      this.#expected.get(/^sip:([^@]*)@/.exec(invite.uri)?.[1] ?? '')?.(invite);
    };
  }

  /** `media`: what moves the audio; by default the relay, at ports of its own. */
  static async open(
    wishes: readonly Wish[],
    more: readonly string[] = [],
    media?: readonly string[],
  ): Promise<Exchange> {
    const directory = mkdtempSync(join(tmpdir(), 'twintrack-hearing-'));
    const database = join(directory, 'settings.db');
    const store = await openSqliteSettings(database);
    const wrong = await change(store, [
      provider('here', { preset: 'embedded' }),
      organization({ provider: 'here' }),
      ...wishes,
    ]);
    await store.close();
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    const callee = await Party.open();
    const product = await startProduct([
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${join(directory, 'recordings')}`,
      `settings.database=${database}`,
      'sip.maxCalls=20',
      ...(media ?? [await mediaPorts(500)]),
      `routes=[{targets: ["${callee.place}"]}]`,
      'http.listen=127.0.0.1:0',
      `cdr.file=${join(directory, 'cdr.jsonl')}`,
      ...more,
    ]).catch(async (error: unknown) => {
      await callee.close();
      throw error;
    });
    return new Exchange(product, directory, await Party.open(), callee);
  }

  async call({ from, to, codec, offers, wire, headers, ring }: CallOptions): Promise<Talk> {
    const [caller, callee] = await Promise.all([
      Handset.open(codec, wire),
      Handset.open(codec, wire),
    ]);
    this.#handsets.push(caller, callee);
    const incoming = this.nextInvite(to);
    const outgoing = this.caller.agent.invite({
      uri: `sip:${to}@${this.product.sip.udp}`,
      headers: { ...headers, From: `<sip:${from}@127.0.0.1>` },
      body: caller.describe(offers),
    });
    const refused = outgoing.final.then((final) => {
      if (final.kind === 'rejected') throw new Error(`refused with ${final.response.status}`);
      return final;
    });
    const invite = await Promise.race([incoming, refused.then(() => incoming)]);
    const answering = Promise.resolve(ring?.(invite, caller, callee)).then(
      (last) => last ?? invite,
    );
    callee.meet((await answering).body);
    const accepted = await (await answering).accept({ body: callee.describe() });
    const final = await refused;
    caller.meet(final.response.body);
    final.ack();
    return {
      caller,
      callee,
      dialogs: { caller: final.dialog, callee: accepted },
      invite,
      ports: { caller: portOf(final.response.body), callee: portOf((await answering).body) },
    };
  }

  /** The next INVITE to this number. */
  nextInvite(to: string): Promise<IncomingInvite> {
    return new Promise((resolve) => this.#expected.set(to, resolve));
  }

  /** Whether the service lists the call as one that hears something. */
  async hearing(): Promise<unknown[]> {
    const answer = await fetch(`http://127.0.0.1:${this.product.http}/v1/calls`);
    const { calls } = (await answer.json()) as { calls: { hearing: unknown[] }[] };
    return calls.flatMap(({ hearing }) => hearing);
  }

  /** The record of the call from this number, once it is written. */
  async record(from: string): Promise<Written<CallRecord>> {
    const found = () =>
      this.#records().find(({ caller }) => caller.uri === `sip:${from}@127.0.0.1`);
    await until(`the call of ${from} is written down`, () => found() !== undefined);
    return found()!;
  }

  /**
   * What was recorded of a call, in the directory of the recorder here or of another: the channels, of the recorded user
   * and of the other.
   */
  async recorded(
    call: string,
    directory = join(this.directory, 'recordings'),
  ): Promise<{ channels: readonly Int16Array[]; sidecar: string }> {
    let found: { wav: string; sidecar: string } | undefined;
    await until('the recording is finished', () => {
      found = this.#sidecars(directory).find(
        ({ sidecar }) => sidecar.includes(call) && sidecar.includes('"state": "finished"'),
      );
      // The audio gets its name when the sidecar is in place.
      return found !== undefined && existsSync(found.wav);
    });
    const { wav, sidecar } = found!;
    return { channels: readWav(readFileSync(wav)).channels, sidecar };
  }

  async close(): Promise<void> {
    for (const handset of this.#handsets) handset.close();
    await this.product.kill();
    await Promise.all([this.caller.close(), this.callee.close()]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  #records(): Written<CallRecord>[] {
    try {
      const text = readFileSync(join(this.directory, 'cdr.jsonl'), 'utf8');
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    } catch {
      return [];
    }
  }

  #sidecars(directory: string): { wav: string; sidecar: string }[] {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(directory, name))
      .map((json) => ({
        wav: json.replace(/\.json$/, '.wav'),
        sidecar: readFileSync(json, 'utf8'),
      }));
  }
}
