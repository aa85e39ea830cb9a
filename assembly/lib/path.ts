// Path names as text: the last part, the directory, joining.

/** The last part without slashes behind it; `/` of only slashes. */
export function basename(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 47) end--;
  if (end == 1 && path.charCodeAt(0) == 47) return '/';
  const at = path.lastIndexOf('/', end - 1);
  return path.substring(at + 1, end);
}

export function dirname(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 47) end--;
  while (end > 0 && path.charCodeAt(end - 1) != 47) end--;
  while (end > 1 && path.charCodeAt(end - 1) == 47) end--;
  return end == 0 ? '.' : path.substring(0, end);
}

/** DIR/NAME with one slash. */
export function join(dir: string, name: string): string {
  if (dir.length == 0) return name;
  return dir.charCodeAt(dir.length - 1) == 47 ? dir + name : dir + '/' + name;
}

/** Without slashes at the end (`/` stays). */
export function stripSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) == 47) end--;
  return end == path.length ? path : path.substring(0, end);
}
