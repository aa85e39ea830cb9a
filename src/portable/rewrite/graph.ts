// Which functions count fuel at their entry: enough of them that no run can go on for long without counting.

import type {Scanned} from './scan.ts';

/** Bytes of code that may run between two counts. */
const WEIGHT_MAX = 100_000;

/**
 * One flag for each body. Checked are functions on a cycle of direct calls, those that call indirectly or leave by a
 * tail call, and those whose calls add up to more code than WEIGHT_MAX (a chain of functions that each call the next
 * one twice takes 2^n steps without a cycle). Tarjan's algorithm, with a stack of its own: callees come first.
 */
export function checkedEntries(bodies: readonly Scanned[], imported: number): Uint8Array {
  const checked = new Uint8Array(bodies.length);
  const weight = new Float64Array(bodies.length);
  const order = new Int32Array(bodies.length);
  const low = new Int32Array(bodies.length);
  const next = new Int32Array(bodies.length);
  const waiting = new Uint8Array(bodies.length);
  const component: number[] = [];
  let time = 0;

  const finish = (f: number): void => {
    let member = component.pop()!;
    if (member !== f) {
      checked[f] = 1;
      for (; member !== f; member = component.pop()!) {
        checked[member] = 1;
        waiting[member] = 0;
      }
    }
    waiting[f] = 0;
    weigh(f);
  };

  const weigh = (f: number): void => {
    const body = bodies[f]!;
    let sum = body.end - body.code;
    for (const callee of body.calls) {
      const index = callee - imported;
      if (index === f) checked[f] = 1;
      else if (index >= 0 && !checked[index]) sum += weight[index]!;
    }
    if (body.wanders || sum > WEIGHT_MAX && body.calls.length) checked[f] = 1;
    weight[f] = sum;
  };

  for (let root = 0; root < bodies.length; root++) {
    if (order[root]) continue;
    const path = [root];
    while (path.length) {
      const f = path[path.length - 1]!;
      if (!order[f]) {
        order[f] = low[f] = ++time;
        waiting[f] = 1;
        component.push(f);
      }
      const {calls} = bodies[f]!;
      let deeper = -1;
      while (next[f]! < calls.length && deeper < 0) {
        const callee = calls[next[f]!++]! - imported;
        if (callee < 0) continue;
        if (!order[callee]) deeper = callee;
        else if (waiting[callee]) low[f] = Math.min(low[f]!, order[callee]!);
      }
      if (deeper >= 0) {
        path.push(deeper);
        continue;
      }
      path.pop();
      if (low[f] === order[f]) finish(f);
      const caller = path[path.length - 1];
      if (caller !== undefined) low[caller] = Math.min(low[caller]!, low[f]!);
    }
  }
  return checked;
}
