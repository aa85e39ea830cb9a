// Two containers that both hold PID 1, and the host's view of them: node examples/two-worlds.mjs

import {createRuntime} from 'twinbox';

const runtime = await createRuntime();
for (const name of ['one', 'two']) {
  const box = await runtime.create({image: 'busybox', name, hostname: name, command: ['sleep', '1000']});
  await box.start();
  const proc = await box.exec(['sh', '-c', 'hostname; ps']);
  console.log(await proc.stdout.text());
}
// In native mode the host is this machine: only what is a container's.
const rows = (await runtime.ps()).filter(({container}) => container !== undefined);
console.table(rows.map(({hostPid, pid, args}) => ({'host PID': hostPid, 'inside PID': pid, command: args.join(' ')})));
await runtime.close();
