// Entry of the thread that a kernel runs in when it has one of its own: a machine at one end of a MessagePort.

import { parentPort, workerData } from 'node:worker_threads';
import { errorData } from '../errno.ts';
import type { BackendOptions, Request } from '../wire.ts';
import { openDirect } from './backend.ts';
import type { Hello } from './backend-link.ts';

const port = parentPort!;
const say = (hello: Hello): void => port.postMessage(hello);

try {
  const backend = openDirect(workerData as BackendOptions);
  backend.receive = (message) => port.postMessage(message);
  port.on('message', (request: Request) => backend.send(request));
  say({ ready: true });
} catch (error) {
  say({ failed: errorData(error) });
}
