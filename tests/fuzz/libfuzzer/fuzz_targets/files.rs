#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| acquire_io_fuzz::files::run(data));
