// Whether native mode works here, by trying it: some systems allow the clone and refuse the mounts.

export type Probe = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly hint: string };

/** Cached in the base directory by boot, kernel and helper; a first one takes some milliseconds. */
export declare function probe(root?: string): Promise<Probe>;
