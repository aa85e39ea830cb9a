// The same rows on the real kernel, through the same interface: what the emulation is measured by, and native mode too.

import {testRows} from '../parity/rows.ts';

await testRows('native');
