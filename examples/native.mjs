// Linux itself: a container with limits, a look inside, what happens to it, and its end. Needs Linux, and root or user
// namespaces (`twinbox info` says what is missing): node examples/native.mjs

import {createRuntime} from 'twinbox';

// An error, with the reason and a remedy, where native mode cannot be had; `auto` would take the emulated kernel instead.
const runtime = await createRuntime({mode: 'native'});
try {
  // Every event of this runtime's containers, until the signal ends it.
  const over = new AbortController();
  const told = (async () => {
    for await (const event of runtime.events({signal: over.signal})) console.log('event', event.type, event.name);
  })().catch(() => {});

  // A limit that cannot be set here is an error: none is ever ignored.
  const box = await runtime.create({
    image: 'busybox', name: 'hog', command: ['sh', '-c', 'while :; do sleep 1; done'], memory: '64m', cpus: 0.5, pids: 16,
  });
  await box.start();

  // One more process beside the first, with input and output of its own.
  const count = await box.exec({command: ['wc', '-c'], stdin: 'hello\n'});
  console.log('wc says', (await count.stdout.text()).trim());

  // Limits can be changed while it runs, and all of it can be frozen.
  await box.update({memory: '32m', pids: 8});
  await box.pause();
  await box.resume();
  for await (const {processes, memoryBytes, memoryBytesMax} of box.stats({intervalMs: 100})) {
    console.log({processes, memoryBytes, memoryBytesMax});
    break;
  }

  // More memory than it may have: the kernel kills that one process, and the container goes on.
  const greedy = await box.exec(['tail', '-c', '100000000', '/dev/zero']);
  console.log('greedy', await greedy.exited);

  // SIGTERM, which this shell as PID 1 does not hear, then SIGKILL; `timeoutMs` is how long a heard one may take.
  console.log('stop', await box.stop({timeoutMs: 1000}));
  await box.remove();

  over.abort();
  await told;
} finally {
  // Whatever still runs ends here. It would end as well if this program crashed.
  await runtime.close();
}
