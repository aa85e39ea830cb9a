//! What Node loads: it starts supervisors and hands them requests. No libc is below and no standard library, so that one
//! file per CPU loads beside glibc and musl alike; what it knows of the kernel is the helper's own module of calls.

#![no_std]
#![deny(unsafe_code)]

mod entry;
#[allow(unsafe_code)]
mod ffi;
mod open;
mod send;
mod store;

/// Every index is checked where it is used, so that the optimiser drops this; a test looks whether it did.
#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    let _ = helper::sys::write(2, b"twinbox: panic in the library\n");
    helper::sys::exit(134)
}
