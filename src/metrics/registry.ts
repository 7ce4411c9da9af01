import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Definition } from './catalogue';

/** Makes metrics from their definitions, in a registry of its own. */
export class Instruments {
  readonly #registry = new Registry();

  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: 'twintrack_info',
      help: 'Always 1; says what runs.',
      labelNames: ['version'],
      registers: [this.#registry],
    }).set({ version }, 1);
  }

  /** A counter at which each combination of label values begins at zero. */
  counter<Label extends string>(definition: Definition<Label>): Counter<Label> {
    const counter = new Counter(this.#options(definition));
    for (const labels of combinations(definition)) counter.inc(labels, 0);
    return counter;
  }

  gauge<Label extends string>(definition: Definition<Label>): Gauge<Label> {
    return new Gauge(this.#options(definition));
  }

  histogram(definition: Definition<never>): Histogram {
    return new Histogram({
      ...this.#options(definition),
      buckets: [...(definition.buckets ?? [])],
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  expose(): Promise<string> {
    return this.#registry.metrics();
  }

  #options<Label extends string>({ name, help, labels }: Definition<Label>) {
    return {
      name,
      help,
      labelNames: Object.keys(labels) as Label[],
      registers: [this.#registry],
    };
  }
}

/** Lifts a counter to a total that is counted elsewhere. */
export function liftTo<Label extends string>(
  counter: Counter<Label>,
  totals: ReadonlyArray<readonly [labels: Partial<Record<Label, string>>, total: number]>,
): void {
  counter.reset();
  for (const [labels, total] of totals) counter.inc(labels, total);
}

function combinations<Label extends string>({
  labels,
}: Definition<Label>): Array<Record<Label, string>> {
  const names = Object.keys(labels) as Label[];
  return names.reduce<Array<Record<Label, string>>>(
    (rows, name) => rows.flatMap((row) => labels[name].map((value) => ({ ...row, [name]: value }))),
    [{} as Record<Label, string>],
  );
}
