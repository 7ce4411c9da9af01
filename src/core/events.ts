/**
 * A small typed emitter. A listener that throws is reported and does not keep the others from
 * hearing the event, nor break the one who emitted it.
 */
export class Events<Map extends Record<string, unknown>> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(event: never) => void>>();

  constructor(
    private readonly onListenerError: (error: unknown, event: string) => void = (error) => {
      // A listener's bug must surface somewhere: as an uncaught exception outside this stack.
      queueMicrotask(() => {
        throw error;
      });
    },
  ) {}

  /** Listens until the returned function is called. */
  on<Name extends keyof Map>(name: Name, listener: (event: Map[Name]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener as (event: never) => void);
    return () => set.delete(listener as (event: never) => void);
  }

  /** Listens to the next event only. */
  once<Name extends keyof Map>(name: Name, listener: (event: Map[Name]) => void): () => void {
    const off = this.on(name, (event) => {
      off();
      listener(event);
    });
    return off;
  }

  emit<Name extends keyof Map>(name: Name, event: Map[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (event: Map[Name]) => void)(event);
      } catch (error) {
        this.onListenerError(error, String(name));
      }
    }
  }
}
