// Home directories of users, for ~name.

import { userByName } from '../../lib/user';

export function homeOf(name: string): string | null {
  const user = userByName(name);
  return user ? user.home : null;
}
