//! The helper as a program: all of it is in the library part, from the entry point on.

#![no_std]
#![no_main]

use helper as _;

/// Nothing here is meant to panic. A child that did ends by itself; a supervisor's end is what Node sees.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    helper::sys::exit(125)
}
