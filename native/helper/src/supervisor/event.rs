//! What Node is told: records of 32 bytes over a STREAM socket. None is lost and nobody waits for a slow reader: what
//! the socket does not take lies in a ring, and before that is full no more requests are read.

use crate::abi::*;
use crate::errno::{EAGAIN, Result};
use crate::sys::{self, Fd};

pub const PARKED: u32 = 1;
pub const FAILED: u32 = 2;
pub const STARTED: u32 = 3;
pub const EXITED: u32 = 4;
pub const OOM: u32 = 5;
pub const DONE: u32 = 6;
pub const HELLO: u32 = 7;

pub const PROTOCOL: i32 = 1;
const LENGTH: usize = 32;

#[derive(Clone, Copy, Default)]
pub struct Event {
    pub kind: u32,
    pub handle: u32,
    pub tag: u32,
    pub a: i32,
    pub b: i64,
    pub c: i64,
}

impl Event {
    fn encode(&self) -> [u8; LENGTH] {
        let words = [
            self.kind as u64 | (self.handle as u64) << 32,
            self.tag as u64 | (self.a as u32 as u64) << 32,
            self.b as u64,
            self.c as u64,
        ];
        let mut bytes = [0; LENGTH];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// Events on their way.
pub struct Outbox {
    socket: Fd,
    /// What is written and not sent lies at `from..to`, and moves to the front when all is sent.
    bytes: &'static mut [u8],
    from: usize,
    to: usize,
    /// The reader is gone.
    pub broken: bool,
    /// epoll tells when the socket takes more.
    pub waiting: bool,
}

impl Outbox {
    pub fn new(socket: Fd, events: usize) -> Result<Outbox> {
        Ok(Outbox { socket, bytes: sys::sparse_table(events * LENGTH)?, from: 0, to: 0, broken: false, waiting: false })
    }

    pub fn push(&mut self, event: &Event) {
        if self.to + LENGTH > self.bytes.len() && self.from > 0 {
            self.bytes.copy_within(self.from..self.to, 0);
            self.to -= self.from;
            self.from = 0;
        }
        if let Some(place) = self.bytes.get_mut(self.to..self.to + LENGTH) {
            place.copy_from_slice(&event.encode());
            self.to += LENGTH;
        }
    }

    /// Sends what can be sent without waiting.
    pub fn flush(&mut self) {
        while self.from < self.to && !self.broken {
            let waiting = self.bytes.get(self.from..self.to).unwrap_or(&[]);
            match sys::retry(|| sys::send(self.socket, waiting, &[], MSG_DONTWAIT)) {
                Ok(count) => self.from += count,
                Err(error) if error == EAGAIN => return,
                Err(_) => self.broken = true,
            }
        }
        self.from = 0;
        self.to = 0;
    }

    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Half of it is in use: time to take no new work.
    pub fn is_busy(&self) -> bool {
        self.to - self.from > self.bytes.len() / 2
    }
}
