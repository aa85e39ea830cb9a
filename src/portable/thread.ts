// The entry of a pooled worker thread in Node: waits for jobs and runs them.

import {parentPort, workerData} from 'node:worker_threads';
import {CONTROL_WORDS} from './control.ts';
import type {Job} from './control.ts';
import {Guest} from './guest.ts';

const port = parentPort!;
const control = new Int32Array(workerData as SharedArrayBuffer, 0, CONTROL_WORDS);
const guest = new Guest(control, () => port.postMessage(0));

port.on('message', (job: Job) => {
  port.postMessage(guest.run(job));
});
