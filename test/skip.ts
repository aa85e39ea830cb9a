// A test that cannot run on this machine says why, and what would let it run.

interface Suite {
  skip(name?: string): void;
}

/** Instead of `test(name, body)`: counted as skipped, with a line that the runner repeats at its end. */
export function skip(test: Suite, name: string, reason: string, remedy: string): void {
  test.skip(name);
  console.log(`skip: ${name}: ${reason}; ${remedy}`);
}
