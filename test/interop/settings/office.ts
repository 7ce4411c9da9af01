import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import {
  awaitCall,
  call,
  callerSends,
  expectRequest,
  expectResponse,
  pause,
  respond,
  respondInside,
  scenario,
  sdp,
} from '../b2bua/scenario';
import { type RunningSipp, sipp } from '../b2bua/sipp';

const TOKEN = 'a-token-of-the-test';

/** A call as its record tells of it. */
export interface Cdr {
  readonly dialled: string;
  readonly setupAt: string;
  readonly end: { readonly code: number };
  readonly recordings: ReadonlyArray<{ readonly user: string; readonly because: string }>;
  readonly controls: ReadonlyArray<{ readonly by: string; readonly action: string }>;
}

/** The service with a settings database, as an administrator has it, and SIPp on both sides. */
export class RunningOffice {
  readonly #sipps: RunningSipp[] = [];

  private constructor(
    readonly directory: string,
    readonly database: string,
    private readonly product: Product,
    private readonly callee: number,
  ) {}

  static async open(): Promise<RunningOffice> {
    const directory = mkdtempSync(join(tmpdir(), 'twintrack-office-'));
    const database = join(directory, 'settings.db');
    const token = join(directory, 'token');
    writeFileSync(token, TOKEN, { mode: 0o600 });
    const callee = await freePort();
    const product = await startProduct([
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${join(directory, 'recordings')}`,
      `routes=[{targets: ["sip:127.0.0.1:${callee}"]}]`,
      'http.listen=127.0.0.1:0',
      `http.tokenFile=${token}`,
      `cdr.file=${join(directory, 'cdr.jsonl')}`,
      'shutdown.graceSeconds=0',
      `settings.database=${database}`,
    ]);
    return new RunningOffice(directory, database, product, callee);
  }

  async http(method: string, path: string, body?: string, type = 'application/json') {
    const answer = await fetch(`http://127.0.0.1:${this.product.http}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body !== undefined && { 'content-type': type }),
      },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) };
  }

  /** Calls these numbers in turn, `rate` a second, until the office is closed. */
  async calls(
    numbers: readonly string[],
    rate: number,
    talkMs: number,
    most = 5_000,
  ): Promise<void> {
    const answering = await sipp({
      scenario: scenario(
        awaitCall(),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
      port: this.callee,
      calls: most,
      giveUpMs: 140_000,
    });
    const list = join(this.directory, 'numbers.csv');
    writeFileSync(list, ['SEQUENTIAL', ...numbers.map((number) => `${number};`), ''].join('\n'));
    const calling = await sipp({
      scenario: scenario(
        call({ to: '[field0]', body: sdp() }),
        expectResponse(100, { optional: true }),
        expectResponse(200),
        callerSends('ACK', 1),
        pause(talkMs),
        callerSends('BYE', 2),
        expectResponse(200),
      ),
      to: this.product.sip.udp,
      calls: most,
      rate,
      args: ['-inf', list],
      giveUpMs: 140_000,
    });
    this.#sipps.push(answering, calling);
  }

  /** Every call that is over. */
  cdrs(): Cdr[] {
    const text = readIfThere(join(this.directory, 'cdr.jsonl'));
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Cdr);
  }

  async close(): Promise<void> {
    for (const one of this.#sipps) one.stop();
    await Promise.all(this.#sipps.map(({ done }) => done));
    // Nobody is left who would answer a BYE.
    await this.product.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
