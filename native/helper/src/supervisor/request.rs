//! What Node asks: messages of 64 bytes with descriptors, over a SEQPACKET socket. src/native/supervisor.ts writes them.

use crate::abi::*;
use crate::errno::{EPROTO, Errno, Result, fail};
use crate::sys::{self, Fd};

pub const BIRTH: u32 = 1;
pub const START: u32 = 2;
pub const SIGNAL: u32 = 3;
pub const FREEZE: u32 = 4;
pub const THAW: u32 = 5;
pub const UPDATE: u32 = 6;
pub const REMOVE: u32 = 7;
pub const RESIZE: u32 = 8;
pub const POOL: u32 = 9;
pub const CLOSE: u32 = 10;

/// Of a birth's `a`: one stream socket follows, of a terminal, instead of pipes for the bits below.
pub const TERMINAL: u32 = 8;
/// Of a birth's `b`: it goes on through `park` at once.
pub const GO: i64 = 1;
/// Of a signal's `b`: to every process of the container.
pub const ALL: i64 = 1;

pub const LENGTH: usize = 64;
/// The plan and three of standard input, output and error.
const FDS: usize = 4;

#[derive(Clone, Copy)]
pub struct Request {
    pub op: u32,
    /// A process: a container's first, an exec or a visit. Chosen by Node, used once.
    pub handle: u32,
    /// The first process of the container that an exec or a visit goes to.
    pub target: u32,
    /// What DONE says again.
    pub tag: u32,
    pub a: i64,
    pub b: i64,
}

impl Request {
    fn decode(bytes: &[u8; LENGTH]) -> Request {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let wide = |at: usize| word(at) as i64 | (word(at + 4) as i64) << 32;
        Request { op: word(0), handle: word(4), target: word(8), tag: word(12), a: wide(16), b: wide(24) }
    }
}

/// The descriptors of a request; those that nobody took are closed. The first is the plan.
pub struct Passed {
    fds: [Fd; FDS],
    count: usize,
    next: usize,
    /// Some did not come: we may not open so many files.
    pub lost: bool,
}

impl Passed {
    pub fn plan(&self) -> Result<Fd> {
        self.fds.first().copied().filter(|_| self.count > 0).ok_or(Errno::new(EPROTO))
    }

    /// The plan, to be kept.
    pub fn take_plan(&mut self) -> Result<Fd> {
        let plan = self.plan()?;
        self.fds[0] = -1;
        Ok(plan)
    }

    /// The next one behind the plan; the caller owns it.
    pub fn take(&mut self) -> Result<Fd> {
        let fd =
            self.fds.get(self.next..self.count).and_then(|rest| rest.first()).copied().ok_or(Errno::new(EPROTO))?;
        self.next += 1;
        Ok(fd)
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        if let Some(plan) = self.plan().ok().filter(|plan| *plan >= 0) {
            sys::close(plan);
        }
        while let Ok(fd) = self.take() {
            sys::close(fd);
        }
    }
}

/// `None`: the other end is closed. EAGAIN: nothing has come.
pub fn receive(socket: Fd) -> Result<Option<(Request, Passed)>> {
    let mut bytes = [0u8; LENGTH];
    let mut fds = [-1; FDS];
    let received = sys::retry(|| sys::receive(socket, &mut bytes, &mut fds, MSG_DONTWAIT))?;
    let passed = Passed { fds, count: received.fds, next: 1, lost: received.truncated };
    match received.length {
        0 => Ok(None),
        LENGTH => Ok(Some((Request::decode(&bytes), passed))),
        _ => fail(EPROTO),
    }
}
