/**
 * An `AbortController` that is made when its signal is first asked for, which for most calls is
 * never: making one costs a call more than judging it.
 */
export class Cancellation {
  private controller: AbortController | undefined;
  private aborted = false;

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.aborted) this.controller.abort();
    return this.controller.signal;
  }

  abort(): void {
    this.aborted = true;
    this.controller?.abort();
  }
}
