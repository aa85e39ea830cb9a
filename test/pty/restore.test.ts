// The terminal after the command line with the emulated kernel.

import {restoreTests} from './restore.ts';

restoreTests('portable').run();
