// The same rows on the real kernel, through the same interface: what the emulation is measured by, and native mode too.

import {rowTests} from '../parity/rows.ts';

(await rowTests('native')).run();
