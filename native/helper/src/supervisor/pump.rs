//! Terminals: the master of a container's pty stays here, and what goes through it is copied to and from a stream socket,
//! because Node can take neither a master nor what happens to it as a stream. Each direction has a small buffer; while
//! one is full nobody reads what would go into it, so that a slow end slows the other and costs nothing.

use crate::abi::*;
use crate::errno::{EAGAIN, ECONNRESET, EIO, EPIPE, Errno, Result};
use crate::supervisor::Supervisor;
use crate::supervisor::watch::Watch;
use crate::sys::{self, Fd, Owned, zeroed};

/// The kernel hands out a terminal's output by 4 KiB at most.
const OUT: usize = 16384;
const IN: usize = 4096;
/// Rounds for one terminal before others have their turn.
const ROUNDS: usize = 16;

zeroed! {
    /// A buffer's bytes that are in use.
    pub struct Span {
        from: u32,
        to: u32,
    }
}

zeroed! {
    pub struct Terminal {
        generation: u32,
        master: Fd,
        stream: Fd,
        out: Span,
        input: Span,
        /// No slave is open any more, and all that was written is read.
        hung_up: bool,
        /// The other end sends nothing more.
        ended: bool,
        /// The other end is closed: a terminal that goes away.
        gone: bool,
        /// What epoll is asked for now.
        master_events: u32,
        stream_events: u32,
        next: u32,
    }
}

pub struct Terminals {
    table: &'static mut [Terminal],
    buffers: &'static mut [[u8; OUT + IN]],
    free: u32,
    high: u32,
    nothing: Terminal,
}

const EMPTY: Terminal = Terminal {
    generation: 0,
    master: -1,
    stream: -1,
    out: Span { from: 0, to: 0 },
    input: Span { from: 0, to: 0 },
    hung_up: false,
    ended: false,
    gone: false,
    master_events: 0,
    stream_events: 0,
    next: 0,
};

impl Terminals {
    pub fn new(count: usize) -> Result<Terminals> {
        let (table, buffers) = (sys::sparse_table(count)?, sys::sparse_table(count)?);
        Ok(Terminals { table, buffers, free: 0, high: 0, nothing: EMPTY })
    }

    pub fn at(&mut self, index: u32) -> &mut Terminal {
        match self.table.get_mut(index as usize) {
            Some(terminal) => terminal,
            None => &mut self.nothing,
        }
    }

    fn add(&mut self, master: Fd, stream: Fd) -> Result<u32> {
        let index = match self.free {
            0 if (self.high as usize) < self.table.len() => {
                self.high += 1;
                self.high - 1
            }
            0 => return Err(Errno::new(EAGAIN)),
            free => {
                self.free = self.at(free - 1).next;
                free - 1
            }
        };
        let terminal = self.at(index);
        *terminal = Terminal { generation: terminal.generation.wrapping_add(1), master, stream, ..EMPTY };
        Ok(index)
    }

    fn remove(&mut self, index: u32) {
        let free = self.free;
        let terminal = self.at(index);
        *terminal = Terminal { generation: terminal.generation.wrapping_add(1), next: free, ..EMPTY };
        self.free = index + 1;
    }

    /// A terminal with its buffers: output, input.
    fn parts(&mut self, index: u32) -> Option<(&mut Terminal, &mut [u8], &mut [u8])> {
        let terminal = self.table.get_mut(index as usize)?;
        let (out, input) = self.buffers.get_mut(index as usize)?.split_at_mut(OUT);
        Some((terminal, out, input))
    }
}

impl Supervisor {
    /// The child has made its terminal.
    pub fn open_terminal(&mut self, index: u32, master: Owned) -> Result<()> {
        let process = self.processes.at(index);
        let (columns, rows) = (process.columns, process.rows);
        if process.stream < 0 || process.terminal != 0 {
            return Err(Errno::new(crate::errno::EINVAL));
        }
        let stream = core::mem::replace(&mut process.stream, -1);
        let stream = Owned::new(stream);
        for fd in [master.fd(), stream.fd()] {
            sys::fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK)?;
        }
        if columns != 0 {
            sys::set_window_size(master.fd(), columns, rows)?;
        }
        let terminal = self.terminals.add(master.fd(), stream.fd())?;
        master.keep();
        stream.keep();
        self.processes.at(index).terminal = terminal + 1;
        self.pump(terminal);
        Ok(())
    }

    pub fn resize(&mut self, index: u32, columns: u16, rows: u16) {
        let process = self.processes.at(index);
        // Its terminal may still have to be made.
        (process.columns, process.rows) = (columns, rows);
        if let Some(terminal) = process.terminal.checked_sub(1) {
            let _ = sys::set_window_size(self.terminals.at(terminal).master, columns, rows);
        }
    }

    /// Moves what can be moved, for a while.
    pub fn pump(&mut self, index: u32) {
        let Some((terminal, out, input)) = self.terminals.parts(index) else { return };
        if terminal.master < 0 {
            return;
        }
        for _ in 0..ROUNDS {
            if !(terminal.move_out(out) | terminal.move_in(input)) {
                break;
            }
        }
        if terminal.gone || (terminal.hung_up && terminal.out.is_empty()) {
            return self.end_terminal(index);
        }
        self.ask_again(index);
    }

    pub fn pump_on(&mut self, index: u32, events: u32) {
        let terminal = self.terminals.at(index);
        // It was half closed before; what is not yet read comes first.
        if terminal.ended && events & EPOLLHUP != 0 {
            terminal.gone = is_closed(terminal.stream);
        }
        self.pump(index);
    }

    /// Before a death is told: all that the other end takes. What a pty holds is not much.
    pub fn drain_terminal(&mut self, index: u32) {
        let Some(terminal) = self.processes.at(index).terminal.checked_sub(1) else { return };
        if let Some((terminal, out, _)) = self.terminals.parts(terminal) {
            while terminal.move_out(out) {}
        }
        self.pump(terminal);
    }

    /// epoll hears what is wanted now. A side of which nothing is wanted is taken out, since a hang-up is always told.
    fn ask_again(&mut self, index: u32) {
        let terminal = *self.terminals.at(index);
        let when = |wanted: bool, event: u32| if wanted { event } else { 0 };
        let reads_out = !terminal.hung_up && terminal.out.is_empty();
        let master = when(reads_out, EPOLLIN) | when(!terminal.input.is_empty() && !terminal.hung_up, EPOLLOUT);
        let stream =
            when(!terminal.out.is_empty(), EPOLLOUT) | when(terminal.input.is_empty() && !terminal.ended, EPOLLIN);
        if master != terminal.master_events {
            self.terminals.at(index).master_events = master;
            self.rewatch(Watch::Master, index, terminal.generation, terminal.master, master);
        }
        if stream != terminal.stream_events {
            self.terminals.at(index).stream_events = stream;
            self.rewatch(Watch::Stream, index, terminal.generation, terminal.stream, stream);
        }
    }

    fn end_terminal(&mut self, index: u32) {
        let terminal = *self.terminals.at(index);
        let _ = sys::shutdown(terminal.stream, SHUT_WR);
        self.unwatch(terminal.master);
        self.unwatch(terminal.stream);
        self.terminals.remove(index);
        for process in 0..self.processes.high {
            let process = self.processes.at(process);
            if process.terminal == index + 1 {
                process.terminal = 0;
            }
        }
    }

    /// Of a birth that failed.
    pub fn close_terminal(&mut self, index: u32) {
        if let Some(terminal) = self.processes.at(index).terminal.checked_sub(1) {
            self.end_terminal(terminal);
        }
    }

    /// Its process is forgotten. What is still in it goes out; it ends by itself when all is read, or nobody is there.
    pub fn leave_terminal(&mut self, index: u32) {
        let Some(terminal) = self.processes.at(index).terminal.checked_sub(1) else { return };
        self.processes.at(index).terminal = 0;
        self.pump(terminal);
    }
}

impl Terminal {
    /// From the master to the stream. Whether anything moved.
    fn move_out(&mut self, buffer: &mut [u8]) -> bool {
        let mut moved = false;
        if self.out.is_empty() && !self.hung_up {
            match sys::retry(|| sys::read(self.master, buffer)) {
                Ok(0) => self.hung_up = true,
                Ok(count) => {
                    self.out = Span { from: 0, to: count as u32 };
                    moved = true;
                }
                Err(error) if error == EAGAIN => {}
                // EIO: every slave is closed.
                Err(error) => self.hung_up = error == EIO || error.code() != 0,
            }
        }
        if !self.out.is_empty() {
            match sys::retry(|| sys::send(self.stream, self.out.of(buffer), &[], MSG_DONTWAIT)) {
                Ok(count) => {
                    self.out.from += count as u32;
                    moved = true;
                }
                Err(error) if error == EPIPE || error == ECONNRESET => self.gone = true,
                Err(_) => {}
            }
        }
        moved
    }

    /// From the stream to the master.
    fn move_in(&mut self, buffer: &mut [u8]) -> bool {
        let mut moved = false;
        if self.input.is_empty() && !self.ended {
            match sys::retry(|| sys::read(self.stream, buffer)) {
                Ok(0) => {
                    self.ended = true;
                    self.gone = is_closed(self.stream);
                }
                Ok(count) => {
                    self.input = Span { from: 0, to: count as u32 };
                    moved = true;
                }
                Err(error) if error == EAGAIN => {}
                Err(_) => self.ended = true,
            }
        }
        if !self.input.is_empty() {
            match sys::retry(|| sys::write(self.master, self.input.of(buffer))) {
                Ok(count) => {
                    self.input.from += count as u32;
                    moved = true;
                }
                Err(error) if error == EAGAIN => {}
                // Nobody will ever read it.
                Err(_) => self.input = Span { from: 0, to: 0 },
            }
        }
        moved
    }
}

/// Whether the other end of a socket is closed, and not only told that it sends nothing more.
fn is_closed(stream: Fd) -> bool {
    let mut asked = [PollFd { fd: stream, events: 0, revents: 0 }];
    sys::poll(&mut asked, Some(Timespec::default())).is_ok_and(|count| count > 0) && asked[0].revents & POLLHUP != 0
}

impl Span {
    fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    fn of<'a>(&self, buffer: &'a [u8]) -> &'a [u8] {
        buffer.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}
