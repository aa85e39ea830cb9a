//! The call that containers begin with: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg). The child believes that it is
//! PID 1; its parent knows it by another number. Without CAP_SYS_ADMIN the answer is EPERM.
//!
//! The same program as assembly/example/clone.ts, word for word in what it prints; this one asks Linux itself.

#![no_std]
#![no_main]

use helper::abi::{CLONE_NEWPID, P_PID, SIGCHLD, WEXITED};
use helper::sys;

const STACK_BYTES: usize = 65536;
const ARG: i32 = 7;

extern "C" fn main(arg: i32) -> i32 {
    Line::new().text("child:  my PID is ").number(sys::getpid()).text(", my parent is ").number(sys::getppid()).print();
    arg
}

extern "C" fn run() -> ! {
    Line::new().text("parent: my PID is ").number(sys::getpid()).print();
    // The child has a copy of all memory, and so its own stack in it.
    let mut stack = [0u64; STACK_BYTES / 8];
    let pid = clone(main, &mut stack, CLONE_NEWPID | SIGCHLD as u64, ARG);
    let call = "parent: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg) = ";
    if pid < 0 {
        let mut line = Line::new();
        line.text(call).text("-1 ");
        match -pid {
            1 => line.text("EPERM"),
            12 => line.text("ENOMEM"),
            22 => line.text("EINVAL"),
            28 => line.text("ENOSPC"),
            other => line.number(other),
        };
        line.print();
        sys::exit(1);
    }
    let status = match sys::waitid(P_PID, pid, WEXITED) {
        Ok(Some(waited)) => waited.status,
        _ => -1,
    };
    Line::new().text(call).number(pid).print();
    Line::new().text("parent: child ").number(pid).text(" exited with ").number(status).print();
    sys::exit(0)
}

/// clone(2) as libc has it: the child begins in `entry`, on `stack`, and what it returns is its exit status.
fn clone(entry: extern "C" fn(i32) -> i32, stack: &mut [u64], flags: u64, arg: i32) -> i32 {
    let top = stack.as_mut_ptr_range().end as usize & !15;
    let result: isize;
    // SAFETY: the child has memory of its own, runs on the new stack and never comes back here.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        core::arch::asm!(
            "syscall", "test rax, rax", "jnz 2f", "xor ebp, ebp", "mov edi, r12d", "call r9", "mov edi, eax",
            "mov eax, {exit}", "syscall", "ud2", "2:",
            exit = const helper::number::EXIT, inlateout("rax") helper::number::CLONE as isize => result, in("rdi") flags,
            in("rsi") top, in("rdx") 0, in("r10") 0, in("r8") 0, in("r9") entry, in("r12") arg as i64,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        core::arch::asm!(
            "svc 0", "cbnz x0, 2f", "mov x29, xzr", "mov w0, w10", "blr x9", "mov x8, {exit}", "svc 0", "brk 1", "2:",
            exit = const helper::number::EXIT, in("x8") helper::number::CLONE, inlateout("x0") flags as isize => result,
            in("x1") top, in("x2") 0, in("x3") 0, in("x4") 0, in("x9") entry, in("x10") arg as i64,
        );
    }
    result as i32
}

/// A line of output, put together before it is written at once.
struct Line {
    bytes: [u8; 160],
    length: usize,
}

impl Line {
    fn new() -> Line {
        Line { bytes: [0; 160], length: 0 }
    }

    fn text(&mut self, text: &str) -> &mut Line {
        for (place, byte) in self.bytes.iter_mut().skip(self.length).zip(text.bytes()) {
            *place = byte;
            self.length += 1;
        }
        self
    }

    fn number(&mut self, number: i32) -> &mut Line {
        if number < 0 {
            self.text("-");
        }
        let rest = number.unsigned_abs();
        let mut unit = 1;
        while rest / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            let digit = b'0' + (rest / unit % 10) as u8;
            self.text(core::str::from_utf8(&[digit]).unwrap_or("?"));
            unit /= 10;
        }
        self
    }

    fn print(&mut self) {
        self.text("\n");
        let _ = sys::write(1, self.bytes.get(..self.length).unwrap_or(&[]));
    }
}

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and rsp, -16", "call {}", "ud2", sym run);
#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(".globl _start", "_start:", "mov x29, xzr", "mov x30, xzr", "b {}", sym run);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    sys::exit(134)
}
