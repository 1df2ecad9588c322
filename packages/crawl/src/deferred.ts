/**
 * What a probe rejects with that would have to wait too long for an address: it has no outcome, and its hostname is due
 * again `afterMs` from now, when its turn in that address' line has come. Made for each of thousands, so without a stack.
 */
export class Deferred {
  readonly afterMs: number;
  constructor(afterMs: number) {
    this.afterMs = afterMs;
  }
}
