/** What reading a piece of text gave: a value, or what was wanted and was not there. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly wants: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** `wants` ends a sentence that begins with the key: "wants a port from 0 to 65535, got 70000". */
export function refused(wants: string): { readonly ok: false; readonly wants: string } {
  return { ok: false, wants };
}
