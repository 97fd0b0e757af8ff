//! A handler in Rust, without any crate: it greets whom `input.name` names, and logs that it did.
//!
//! What `wit-bindgen` would write stands here by hand (component-model, CanonicalABI.md): texts go in and out as pointer and
//! length in UTF-8, the host asks `cabi_realloc` for the memory that it writes to.
#![no_std]
#![no_main]

use core::alloc::Layout;

const HEAP: usize = 1 << 16;
static mut MEMORY: [u8; HEAP] = [0; HEAP];
static mut USED: usize = 0;
static mut ANSWER: [usize; 2] = [0; 2];

#[link(wasm_import_module = "goalwright:handler/log@1.0.0")]
extern "C" {
    #[link_name = "write"]
    fn log(level: *const u8, level_length: usize, message: *const u8, message_length: usize);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Gives memory and never takes it back: an instance serves one call.
unsafe fn take(size: usize, align: usize) -> *mut u8 {
    let begin = (USED + align - 1) / align * align;
    if begin + size > HEAP {
        core::arch::wasm32::unreachable()
    }
    USED = begin + size;
    core::ptr::addr_of_mut!(MEMORY).cast::<u8>().add(begin)
}

#[no_mangle]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    let _ = Layout::from_size_align(new_size, align);
    let new = take(new_size, align);
    core::ptr::copy_nonoverlapping(old, new, if old_size < new_size { old_size } else { new_size });
    new
}

/// Finds the text behind `"name":"`; the handler's input schema says that it is there and holds no escapes.
fn name(call: &[u8]) -> &[u8] {
    let mark = b"\"name\":\"";
    let begin = call.windows(mark.len()).position(|part| part == mark).unwrap_or(0) + mark.len();
    let rest = &call[begin..];
    &rest[..rest.iter().position(|byte| *byte == b'"').unwrap_or(rest.len())]
}

#[no_mangle]
unsafe extern "C" fn run(call: *const u8, length: usize) -> *const usize {
    let told = "from Rust";
    log("info".as_ptr(), 4, told.as_ptr(), told.len());
    let name = name(core::slice::from_raw_parts(call, length));
    let parts: [&[u8]; 3] = [b"{\"ok\":{\"greeting\":\"hello ", name, b"\"}}"];
    let size = parts.iter().map(|part| part.len()).sum();
    let text = take(size, 1);
    let mut at = 0;
    for part in parts {
        core::ptr::copy_nonoverlapping(part.as_ptr(), text.add(at), part.len());
        at += part.len();
    }
    ANSWER = [text as usize, size];
    core::ptr::addr_of!(ANSWER).cast()
}
