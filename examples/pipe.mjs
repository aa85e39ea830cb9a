// A conversation with a process: input and output as streams, line by line. node examples/pipe.mjs

import {createRuntime} from 'twinbox';

const runtime = await createRuntime();
const box = await runtime.create({image: 'busybox', command: ['sed', '-u', 's/^/you said: /'], stdin: 'pipe', stdout: 'pipe'});
const sed = await box.start();
const writer = sed.stdin.getWriter();
await writer.write('hello\nworld\n');
await writer.close();
for await (const line of sed.stdout.lines()) console.log(line);
console.log(await sed.exited);
await runtime.close();
