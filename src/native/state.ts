// The state of native mode on disk: a base directory with one entry per runtime, whose lock its supervisor holds.

/** The base directory of a root option: /run/twinbox for root, $XDG_RUNTIME_DIR/twinbox or /tmp/twinbox-UID for others. */
export declare function baseDirectory(root?: string): string;

/** A runtime's own directory below the base, made under a temporary name, locked through `lock`, then renamed. */
export declare function makeEntry<T>(base: string, lock: (dir: string) => T): { readonly path: string; readonly held: T };
export declare function removeEntry(path: string): void;
