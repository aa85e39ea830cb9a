// The floor: bench/native/floor.c with the plans that native mode would carry out itself, as bytes in files.

import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ContainerOptions, Runtime} from '../../src/index.ts';
import {type Plan, prepaid} from '../../src/plan.ts';
import {encodePlan} from '../../src/native/encode.ts';
import {libraryFile} from '../../src/native/library.ts';
import {Lines} from './line.ts';
import type {Way} from './peer.ts';
import {files, work} from './setting.ts';

/** Enough for eight in flight, since each plan names groups of its own. */
const plans = 8;

export interface Floor {
  /** A birth that goes on by itself: no turn through the host between `parked` and START. */
  readonly way: Way;
  /** Requests and events one by one, as create() and start() send them. */
  readonly parked: Way;
  /** Containers per second with as many in flight. */
  rate(count: number): Promise<number>;
  close(): Promise<void>;
}

export async function openFloor(
  name: string, runtime: Runtime, options: ContainerOptions, pool: number,
): Promise<Floor> {
  const dir = mkdtempSync(join(work, 'floor-'));
  const entry = join(dir, 'entry');
  mkdirSync(entry, {mode: 0o700});
  const stored: string[] = [];
  const store = (name: string, plan: Plan): void => {
    const file = join(dir, name);
    writeFileSync(file, encodePlan(plan).bytes);
    stored.push(file);
  };
  for (let i = 0; i < plans; i++) {
    const id = `floor-${process.pid}-${pool}-${i}`;
    const {plan} = await runtime.plan({...options, id, stdout: 'pipe', stderr: 'pipe'});
    if (i === 0) store('pool', prefix(plan));
    store(`plan-${i}`, plan);
  }
  const lines = await Lines.open(files.floor, [libraryFile(), entry, String(pool), ...stored]);
  const via = (order: string) => async () => {
    const [first, exit] = await lines.ask(order);
    return {first: first! / 1e3, exit: exit! / 1e3};
  };
  return {
    way: {name, every: 1, sample: via('one')},
    parked: {name: `${name}, parked`, every: 1, sample: via('parked')},
    rate: async count => count / ((await lines.ask(`many ${count}`))[0]! / 1e6),
    close: () => lines.close(),
  };
}

/** The clone and the steps after it that a parked process has made already. */
function prefix(plan: Plan): Plan {
  const at = plan.steps.findIndex(step => step.op === 'clone');
  return {...plan, steps: plan.steps.slice(at, at + 1 + (prepaid(plan)?.steps ?? 0))};
}
