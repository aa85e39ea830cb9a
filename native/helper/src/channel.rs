//! The channel between the supervisor and a child: a SEQPACKET socket pair with messages of 32 bytes, some of which
//! carry a descriptor. The child's end is close-on-exec, so that the supervisor sees an execve(2) that worked as the
//! end.
//!
//! The supervisor sets SO_PASSCRED on its own end before the child is born: the kernel then adds to every message who
//! sends it, as the supervisor's namespaces number them.

use crate::errno::{EPIPE, EPROTO, Errno, Result, fail};
use crate::plan::{Plan, SLOTS_MAX};
use crate::sys::{self, Fd};

// From the child.

/// It waits before exec. a: its PID inside. The message's credentials are the ids that it has then.
pub const PARKED: u32 = 1;
/// A step failed, and the child exits with 125. a: errno, b: index of the step, c: number of the system call or -1.
pub const FAIL: u32 = 2;
/// With the master of the container's terminal.
pub const CONSOLE: u32 = 3;
/// From the intermediate child, with the pidfd of the one that it made. a: PID as the supervisor sees it.
pub const JOINED: u32 = 4;
/// A child of the pool waits for PLAN.
pub const READY: u32 = 5;

// By either.

/// The child has come to `sync`, and waits for the same: what it waits for is done.
pub const SYNC: u32 = 16;

// From the supervisor.

/// Go on from `park`.
pub const GO: u32 = 17;
/// To a child of the pool, with the plan's memfd. a: how many descriptors of slots follow in messages SLOTS, b: the
/// step to go on with.
pub const PLAN: u32 = 18;
/// With descriptors, for the slots whose numbers (u16) follow the message. a: how many.
pub const SLOTS: u32 = 19;
/// Instead of a slot's number: a file of a group, for the child to write itself into.
pub const DOOR: u16 = u16::MAX;

pub const LENGTH: usize = 32;

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Message {
    pub kind: u32,
    pub a: i32,
    pub b: i64,
    pub c: i64,
    pub d: i64,
}

impl Message {
    pub fn encode(&self) -> [u8; LENGTH] {
        let words = [self.kind as u64 | (self.a as u32 as u64) << 32, self.b as u64, self.c as u64, self.d as u64];
        let mut bytes = [0; LENGTH];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Message> {
        let mut words = [0u64; LENGTH / 8];
        if bytes.len() < LENGTH {
            return fail(EPROTO);
        }
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = chunk.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
        }
        let [first, b, c, d] = words;
        Ok(Message { kind: first as u32, a: (first >> 32) as i32, b: b as i64, c: c as i64, d: d as i64 })
    }
}

/// Sends a message, with at most one descriptor.
pub fn send(channel: Fd, message: &Message, fd: Option<Fd>) -> Result<()> {
    let bytes = message.encode();
    sys::retry(|| sys::send(channel, &bytes, fd.as_slice(), 0)).map(|_| ())
}

/// From the child: by write(2), which any filter of system calls must allow.
pub fn tell(channel: Fd, message: &Message) -> Result<()> {
    sys::retry(|| sys::write(channel, &message.encode())).map(|_| ())
}

/// Waits, by read(2), for a message of this kind; anything else, or the end, is an error.
pub fn expect(channel: Fd, kind: u32) -> Result<Message> {
    let mut bytes = [0; LENGTH];
    let length = sys::retry(|| sys::read(channel, &mut bytes))?;
    message(&bytes, length, kind)
}

fn message(bytes: &[u8], length: usize, kind: u32) -> Result<Message> {
    if length == 0 {
        return fail(EPIPE);
    }
    let message = Message::decode(bytes.get(..length).ok_or(Errno::new(EPROTO))?)?;
    if message.kind != kind { fail(EPROTO) } else { Ok(message) }
}

/// How many slots fit into one message.
const AT_ONCE: usize = 128;

/// Hands a plan to a child of the pool: the memfd, then each slot that holds a descriptor, then the doors to its groups.
pub fn send_plan(channel: Fd, memfd: Fd, slots: &[Fd], doors: &[Fd], from: u32) -> Result<()> {
    let filled = slots.iter().filter(|fd| **fd >= 0).count() + doors.len();
    let plan = Message { kind: PLAN, a: filled as i32, b: from as i64, ..Message::default() };
    send(channel, &plan, Some(memfd))?;
    let slots = slots.iter().enumerate().filter(|(_, fd)| **fd >= 0).map(|(slot, fd)| (slot as u16, fd));
    let mut pairs = slots.chain(doors.iter().map(|fd| (DOOR, fd)));
    let mut left = filled;
    while left > 0 {
        let mut bytes = [0u8; LENGTH + 2 * AT_ONCE];
        let mut fds = [-1; AT_ONCE];
        let mut count = 0;
        for ((place, number), (slot, fd)) in fds.iter_mut().zip(bytes[LENGTH..].chunks_exact_mut(2)).zip(pairs.by_ref())
        {
            *place = *fd;
            number.copy_from_slice(&slot.to_le_bytes());
            count += 1;
        }
        let header = Message { kind: SLOTS, a: count as i32, ..Message::default() };
        bytes[..LENGTH].copy_from_slice(&header.encode());
        let (Some(body), Some(fds)) = (bytes.get(..LENGTH + 2 * count), fds.get(..count)) else { return fail(EPROTO) };
        sys::retry(|| sys::send(channel, body, fds, 0))?;
        left = left.saturating_sub(count);
    }
    Ok(())
}

/// What a child of the pool waits for: its plan, mapped and checked, its slots, the step to go on with.
pub fn receive_plan(channel: Fd) -> Result<(Plan, &'static mut [Fd], u32)> {
    let mut bytes = [0u8; LENGTH + 2 * AT_ONCE];
    let mut memfd = [-1];
    let received = sys::retry(|| sys::receive(channel, &mut bytes, &mut memfd, 0))?;
    let first = message(&bytes, received.length, PLAN)?;
    let plan = Plan::map(memfd[0])?;
    sys::close(memfd[0]);
    let slots = sys::table::<Fd>(plan.header().slots as usize)?;
    slots.fill(-1);
    let mut left = usize::try_from(first.a).ok().filter(|count| *count <= SLOTS_MAX).ok_or(Errno::new(EPROTO))?;
    while left > 0 {
        let mut fds = [-1; AT_ONCE];
        let received = sys::retry(|| sys::receive(channel, &mut bytes, &mut fds, 0))?;
        let count = message(&bytes, received.length, SLOTS)?.a as usize;
        if count != received.fds || count == 0 || received.length != LENGTH + 2 * count {
            return fail(EPROTO);
        }
        for (number, fd) in bytes[LENGTH..].chunks_exact(2).zip(fds).take(count) {
            match number.first_chunk().map_or(0, |number| u16::from_le_bytes(*number)) {
                DOOR => {
                    sys::retry(|| sys::write(fd, b"0"))?;
                    sys::close(fd);
                }
                slot => *slots.get_mut(slot as usize).ok_or(Errno::new(EPROTO))? = fd,
            }
        }
        left = left.saturating_sub(count);
    }
    Ok((plan, slots, first.b as u32))
}
