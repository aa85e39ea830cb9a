// One command in a container of its own: node examples/run.mjs

import {createRuntime} from 'twinbox';

const runtime = await createRuntime();
const {stdout, exitCode} = await runtime.run({image: 'busybox', command: ['sh', '-c', 'echo "I am $$"; ps']});
console.log(stdout, `exit status ${exitCode}`);
await runtime.close();
