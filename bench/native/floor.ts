// The floor: bench/native/floor.c with the plans that native mode would carry out itself, as bytes in files.

import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Compiler, newId} from '../../src/client/compiled.ts';
import type {ContainerOptions, Runtime} from '../../src/index.ts';
import {encodePlan} from '../../src/native/encode.ts';
import {libraryFile} from '../../src/native/library.ts';
import {type Plan, prepaid} from '../../src/plan.ts';
import {Lines} from './line.ts';
import type {Way} from './peer.ts';
import {files, inFlight, work} from './setting.ts';

export interface Floor {
  /** A birth that goes on by itself: no turn through the host between `parked` and START. */
  readonly way: Way;
  /** Requests and events one by one, as create() and start() send them. */
  readonly parked: Way;
  /** Containers per second with eight in flight; a pool has none for so many. */
  readonly rate?: (count: number) => Promise<number>;
  close(): Promise<void>;
}

/** `warm`: each container is begun when the one before is gone, as the pool of a runtime does it. */
export async function openFloor(name: string, runtime: Runtime, options: ContainerOptions, warm: boolean): Promise<Floor> {
  const dir = mkdtempSync(join(work, 'floor-'));
  const entry = join(dir, 'entry');
  mkdirSync(entry, {mode: 0o700});
  const store = (file: string, bytes: Uint8Array): string => {
    writeFileSync(join(dir, file), bytes);
    return join(dir, file);
  };
  const kind = new Compiler(await runtime.features(), {}).kind(options, {stdio: ['null', 'pipe', 'pipe']});
  if (kind === undefined) throw new Error('these options are compiled anew each time');
  // Each plan names groups of its own.
  const plans = Array.from({length: inFlight}, () => kind.make(newId(), warm).plan);
  const paid = warm ? prepaid(plans[0]!, true) : undefined;
  const beginning = paid ? store('beginning', encodePlan(first(plans[0]!, paid.steps), paid).bytes) : '-';
  const stored = plans.map((plan, i) => store(`plan-${i}`, encodePlan(plan, paid).bytes));
  const lines = await Lines.open(files.floor, [libraryFile(), entry, beginning, ...stored]);
  const via = (order: string) => async () => {
    const [byte, exit] = await lines.ask(order);
    return {first: byte! / 1e3, exit: exit! / 1e3};
  };
  const rate = async (count: number): Promise<number> => count / ((await lines.ask(`many ${count}`))[0]! / 1e6);
  return {
    way: {name, every: 1, sample: via('one')},
    parked: {name: `${name}, parked`, every: 1, sample: via('parked')},
    ...(warm ? {} : {rate}),
    close: () => lines.close(),
  };
}

/** Its groups as they are for all of its kind, the clone, and what a child makes before it knows its root. */
function first(plan: Plan, paid: number): Plan {
  const grouping = new Set(['cgroup', 'delegate', 'limit', 'device_program']);
  const end = plan.steps.findIndex(step => !grouping.has(step.op));
  const clone = plan.steps.findIndex(step => step.op === 'clone');
  return {...plan, steps: [...plan.steps.slice(0, end), ...plan.steps.slice(clone, clone + 1 + paid)]};
}
