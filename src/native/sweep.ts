// What a dead runtime left behind, taken away: for each entry whose lock is free its recorded groups are thawed, killed
// and removed, then the entry itself. Synchronous, before a runtime's own supervisor starts.

/** Answers how many entries were swept. */
export declare function sweep(base: string): number;
