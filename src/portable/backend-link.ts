// The link to a machine in a thread of its own.

import { Worker } from 'node:worker_threads';
import { asset } from '../asset.ts';
import { errorData, errorFrom } from '../errno.ts';
import type { Backend, BackendOptions, Message, Request } from '../wire.ts';

/** What the thread says before anything else, and what it says last. */
export type Hello = { readonly ready: true } | { readonly failed: ReturnType<typeof errorData> };

/** A kernel with its loader, workers and host directories in a thread apart. */
export async function openThread(options: BackendOptions): Promise<Backend> {
  const worker = new Worker(asset('kernel-thread.js'), { workerData: options, name: 'twinbox kernel' });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', (hello: Hello) => ('ready' in hello ? resolve() : reject(errorFrom(hello.failed))));
    worker.once('error', reject);
  });
  const backend: Backend = {
    send(request: Request) {
      worker.postMessage(request);
    },
    receive: () => {},
    // Whether the process may end is the client's to say: it knows who waits.
    hold: (on) => (on ? worker.ref() : worker.unref()),
    async release() {
      worker.off('exit', gone);
      await worker.terminate();
    },
  };
  const gone = (): void => backend.broken?.({ code: 'ERR_CLOSED', message: 'the kernel thread has ended' });
  worker.on('message', (message: Message) => backend.receive(message));
  worker.on('error', (error) => backend.broken?.(errorData(error)));
  worker.on('exit', gone);
  worker.unref();
  return backend;
}
