/** The comparison would take too long; whoever compares then assumes the worst. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** How much work a comparison may do: a policy may come from anybody, and the editor waits. */
export class Budget {
  constructor(private left: number) {}

  spend(amount: number): void {
    this.left -= amount;
    if (this.left < 0) throw new TooLarge();
  }
}
