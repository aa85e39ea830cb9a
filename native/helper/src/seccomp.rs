//! The system call filter, seccomp(2).

use crate::errno::{EINVAL, Result, fail};
use crate::sys;

/// Bytes of a struct sock_filter.
const INSTRUCTION: usize = 8;

/// Step `seccomp`. An empty filter is an error: it would filter nothing.
pub fn seccomp(flags: u32, filter: &[u8]) -> Result<()> {
    if filter.is_empty() || filter.len() % INSTRUCTION != 0 {
        return fail(EINVAL);
    }
    sys::seccomp(flags, filter)
}
