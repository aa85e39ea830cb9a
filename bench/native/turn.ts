// How long a start holds the event loop. While it goes on, an immediate that sets itself anew measures every turn of the
// loop: from one call of it to the next lies all that ran in between, our calls and their promises as well as callbacks
// of sockets. An empty turn takes a few µs, so 0.05 ms are seen; monitorEventLoopDelay() counts in whole ms. The price
// is that the loop never sleeps: on few CPUs the containers' own processes would take its CPU away, and that would look
// like a long turn. So this thread and the supervisors are kept apart by sched_setaffinity(2), where there is taskset(1).

import {spawnSync} from 'node:child_process';
import {cpus} from 'node:os';
import {summary} from '../stat.ts';
import {helpers} from './leak.ts';
import {viaSpawn, type Way} from './peer.ts';
import {files, type Ours, pause, record, rest} from './setting.ts';

interface Turns {
  /** The longest turn, in milliseconds. */
  readonly longest: number;
  /** All turns that were more than an empty one. */
  readonly busy: number;
}

const emptyMs = 0.02;

export async function turn({cold, warm}: Ours, rounds: number): Promise<void> {
  keepApart();
  const ways = [idle(3), cold, warm, viaSpawn({name: 'spawn', argv: [files.byte]})];
  const values = ways.map(() => ({longest: [] as number[], busy: [] as number[]}));
  // The first rounds meet code that is not compiled yet.
  for (let i = -10; i < rounds; i++) {
    for (const [k, way] of ways.entries()) {
      await rest();
      const {longest, busy} = await turns(way.sample);
      if (i < 0) continue;
      values[k]!.longest.push(longest);
      values[k]!.busy.push(busy);
    }
  }
  for (const [k, {name}] of ways.entries()) {
    record('turn', {name, longest: summary(values[k]!.longest), busy: summary(values[k]!.busy)});
  }
}

function turns(work: () => Promise<unknown>): Promise<Turns> {
  return new Promise((done, fail) => {
    let longest = 0;
    let busy = 0;
    let last = 0;
    let over = false;
    const tick = (): void => {
      const now = performance.now();
      const time = now - last;
      if (time > longest) longest = time;
      if (time > emptyMs) busy += time;
      last = now;
      if (over) done({longest, busy});
      else setImmediate(tick);
    };
    setImmediate(() => {
      last = performance.now();
      work().then(() => (over = true), fail);
      setImmediate(tick);
    });
  });
}

/** This thread on the first CPU, what the supervisors start on the others; a spawned process inherits ours. */
function keepApart(): void {
  const count = cpus().length;
  const pin = (list: string, pid: number): boolean =>
    spawnSync('taskset', ['--cpu-list', '--pid', list, String(pid)], {stdio: 'ignore'}).status === 0;
  const apart = count > 1 && helpers().every(pid => pin(`1-${count - 1}`, pid)) && pin('0', process.pid);
  if (!apart) record('without', {what: 'a CPU of its own for the event loop', why: 'turns are longer than they are'});
}

/** The same loop over nothing, for about as long as a start takes. */
function idle(ms: number): Way {
  const sample = async () => {
    await pause(ms);
    return {first: ms, exit: ms};
  };
  return {name: 'nothing', every: 1, sample};
}
