// Where the native library is found: by TWINBOX_NATIVE_PATH, in the checkout, in this package, or in a package of its
// own for the platform.

export interface Found {
  readonly path: string;
}

export declare function findLibrary(): Found;
