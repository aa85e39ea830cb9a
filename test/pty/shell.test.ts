// A terminal on the emulated kernel.

import {shellTests} from './shell.ts';

shellTests('portable').run();
