import type { Application, CdrEvent } from './application';

/** Which application gets a request: round robin among those that asked for its verb. */
export class Router {
  /** Applications by verb in lower case. */
  readonly #routes = new Map<string, Application[]>();
  /** Applications that take every method, and those they have declined since. */
  readonly #takers = new Map<Application, Set<string>>();
  readonly #turns = new Map<string, number>();

  /** A verb is a method or `cdr:attempt`, `cdr:start`, `cdr:stop`, in any case. */
  add(application: Application, verb: string): void {
    const key = verb.toLowerCase();
    const declined = this.#takers.get(application);
    if (declined && !key.startsWith('cdr:')) {
      declined.delete(key);
      return;
    }
    const routed = this.#routes.get(key) ?? [];
    // An application that routes a verb again, as drachtio-srf does, does not get more of it.
    if (!routed.includes(application)) routed.push(application);
    this.#routes.set(key, routed);
  }

  /** Every method there is, but no call records. */
  addForAll(application: Application): void {
    this.#takers.set(application, new Set());
  }

  remove(application: Application, verb: string): void {
    const key = verb.toLowerCase();
    this.#takers.get(application)?.add(key);
    this.#take(application, key);
  }

  removeAll(application: Application): void {
    this.#takers.delete(application);
    for (const verb of [...this.#routes.keys()]) this.#take(application, verb);
  }

  next(method: string): Application | undefined {
    const key = method.toLowerCase();
    const named = this.#routes.get(key);
    if (this.#takers.size === 0) return named && this.#turn(key, named);
    const able = [...(named ?? [])];
    for (const [application, declined] of this.#takers) {
      if (!declined.has(key)) able.push(application);
    }
    // Turns are kept under names that applications chose, not under what peers send.
    return this.#turn(named ? key : '*', able);
  }

  cdr(event: CdrEvent): void {
    const key = `cdr:${event.kind}`;
    const routed = this.#routes.get(key);
    if (routed) this.#turn(key, routed)?.cdr(event);
  }

  /** Whether somebody takes that method. */
  takes(method: string): boolean {
    const key = method.toLowerCase();
    if (this.#routes.has(key)) return true;
    for (const declined of this.#takers.values()) if (!declined.has(key)) return true;
    return false;
  }

  #turn(key: string, able: readonly Application[]): Application | undefined {
    if (able.length <= 1) return able[0];
    const turn = (this.#turns.get(key) ?? 0) % able.length;
    this.#turns.set(key, turn + 1);
    return able[turn];
  }

  #take(application: Application, key: string): void {
    const routed = this.#routes.get(key)?.filter((one) => one !== application);
    if (!routed) return;
    if (routed.length > 0) this.#routes.set(key, routed);
    else this.#routes.delete(key);
  }
}
