/** One way out for what waits on the link: an answer, or its loss, whichever comes first. */
export class Wait {
  constructor(
    private readonly waiting: Set<Wait>,
    private readonly failed: (reason: string) => void,
  ) {
    waiting.add(this);
  }

  get open(): boolean {
    return this.waiting.has(this);
  }

  /** It was answered. */
  close(): void {
    this.waiting.delete(this);
  }

  lost(reason: string): void {
    if (this.waiting.delete(this)) this.failed(reason);
  }
}
