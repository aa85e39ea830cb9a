// A conversation with a process: input and output as streams, line by line. node examples/pipe.mjs

import {createRuntime} from 'twinbox';

const runtime = await createRuntime();
const script = 'while read line; do echo "you said: $line"; done';
const box = await runtime.create({image: 'busybox', command: ['sh', '-c', script], stdin: 'pipe', stdout: 'pipe'});
const shell = await box.start();
const writer = shell.stdin.getWriter();
await writer.write('hello\nworld\n');
await writer.close();
for await (const line of shell.stdout.lines()) console.log(line);
console.log(await shell.exited);
await runtime.close();
