// The longest common subsequence of two lists of lines, as Hunt and McIlroy find it ("An Algorithm for Differential File
// Comparison", 1976): k-candidates, each the end of a common subsequence of length k, kept with the smallest line of the
// second list that is possible.

/** A match of line `x` of the first list with line `y` of the second, and the candidate before it. */
class Candidate {
  constructor(public x: i32, public y: i32, public before: Candidate | null) {}
}

/**
 * For each line of `a` the line of `b` that it is matched with, or -1. Lines are given as numbers: equal lines are equal
 * numbers.
 */
export function common(a: StaticArray<i32>, b: StaticArray<i32>): StaticArray<i32> {
  const n = a.length;
  const m = b.length;
  const match = new StaticArray<i32>(n);
  for (let i = 0; i < n; i++) match[i] = -1;
  let head = 0;
  while (head < n && head < m && a[head] == b[head]) {
    match[head] = head;
    head++;
  }
  let tail = 0;
  while (tail < n - head && tail < m - head && a[n - 1 - tail] == b[m - 1 - tail]) {
    match[n - 1 - tail] = m - 1 - tail;
    tail++;
  }
  // Where each line stands in the second list, rising: `first` by its number, `next` from place to place.
  let numbers = 0;
  for (let i = 0; i < n; i++) numbers = max(numbers, a[i] + 1);
  for (let i = 0; i < m; i++) numbers = max(numbers, b[i] + 1);
  const first = new StaticArray<i32>(numbers);
  const next = new StaticArray<i32>(m);
  for (let i = 0; i < numbers; i++) first[i] = -1;
  for (let y = m - tail - 1; y >= head; y--) {
    next[y] = first[b[y]];
    first[b[y]] = y;
  }
  const best: Candidate[] = [new Candidate(-1, -1, null)];
  for (let x = head; x < n - tail; x++) {
    // The candidate that a longer one of this line would follow: as it was before this line changed anything.
    let before = best[0];
    let length = 0;
    for (let y = first[a[x]]; y >= 0; y = next[y]) {
      if (y <= before.y) continue;
      const k = search(best, y);
      if (k != length + 1) before = best[k - 1];
      if (k == best.length) {
        best.push(new Candidate(x, y, before));
        break;
      }
      if (best[k].y <= y) continue;
      const old = best[k];
      best[k] = new Candidate(x, y, before);
      before = old;
      length = k;
    }
  }
  for (let c: Candidate | null = best[best.length - 1]; c !== null && c.x >= 0; c = c.before) match[c.x] = c.y;
  return match;
}

/** The first k whose candidate ends at `y` or later; best.length if there is none. */
function search(best: Candidate[], y: i32): i32 {
  if (best[best.length - 1].y < y) return best.length;
  let low = 0;
  let high = best.length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    const at = best[middle].y;
    if (at == y) return middle;
    if (at < y) low = middle;
    else high = middle;
  }
  return high;
}
