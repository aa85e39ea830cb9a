// The command line with the emulated kernel behind it.

import {runTests} from './run.ts';

runTests('portable').run();
