//! What the child does: the steps of its plan, one after the other, each a function of the file named after its subject.

use crate::plan::Plan;
use crate::sys::Fd;

/// A child between its birth and its program.
pub struct Child {
    pub plan: Plan,
    /// Descriptors by slot, -1 where there is none.
    pub slots: &'static mut [Fd],
    /// The child's end.
    pub channel: Fd,
}

/// Makes the child's steps from index `from` to the last, which never returns: it is `exec` or `file`. A failure goes to
/// the supervisor, and the child exits with 125.
pub fn run(child: &mut Child, from: u32) -> ! {
    let _ = (child, from);
    crate::sys::exit(125)
}

/// A child of the pool: makes the steps of the pool's plan, then waits for its own and goes on with that.
pub fn run_pooled(child: &mut Child, from: u32) -> ! {
    let _ = (child, from);
    crate::sys::exit(125)
}
