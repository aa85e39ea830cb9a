// A test that cannot run on this machine says why, and what would let it run.

interface Suite {
  skip(name?: string): void;
}

/** Instead of `test(name, body)`: counted as skipped, with a line that the runner repeats at its end. */
export function skip(test: Suite, name: string, reason: string, remedy: string): void {
  test.skip(name);
  console.log(`skip: ${name}: ${reason}; ${remedy}`);
}

/** The same for many tests with one reason: `what` stands for all of them in the line. */
export function skipAll(test: Suite, names: readonly string[], what: string, reason: string, remedy: string): void {
  for (const name of names) test.skip(name);
  if (names.length > 0) console.log(`skip: ${what} (${names.length} tests): ${reason}; ${remedy}`);
}
