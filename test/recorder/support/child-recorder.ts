import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Recording } from '../../../src/recorder';
import { freeRange } from '../../support/ports';

interface Told {
  readonly kind: string;
  readonly listening?: readonly string[];
  readonly recording?: Recording;
}

/** A recorder in a process of its own. */
export class ChildRecorder {
  readonly #told: Told[] = [];
  #wake = (): void => undefined;

  private constructor(readonly process: ChildProcess) {
    createInterface({ input: process.stdout! }).on('line', (line) => {
      this.#told.push(JSON.parse(line) as Told);
      this.#wake();
    });
  }

  /** `limitKiB` bounds the size of every file it writes, as a full disk would. */
  static async start(directory: string, limitKiB?: number): Promise<ChildRecorder> {
    const { min, max } = await freeRange(40);
    const limit = limitKiB === undefined ? '' : `ulimit -f ${limitKiB};`;
    const node = `exec "${process.execPath}" --require "${require.resolve('tsx/cjs')}"`;
    const script = join(__dirname, 'child.ts');
    return new ChildRecorder(
      spawn('bash', ['-c', `${limit} ${node} "${script}" "${directory}" ${min} ${max}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
  }

  async told(kind: string): Promise<Told> {
    const late = AbortSignal.timeout(30_000);
    for (;;) {
      const found = this.#told.find((one) => one.kind === kind);
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        late.onabort = () => reject(new Error(`the child told of no ${kind}`));
      });
    }
  }

  async uri(): Promise<string> {
    const { listening = [] } = await this.told('ready');
    return `sip:recorder@${listening[0]?.slice(4)};transport=tcp`;
  }

  /** As the system's own killer does it. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}
