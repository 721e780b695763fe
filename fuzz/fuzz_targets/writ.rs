#![no_main]

use writ_compiler::analysis::Syntax;

libfuzzer_sys::fuzz_target!(|data: &[u8]| writ_fuzz::text(data, Syntax::Writ));
