#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::bytecode::eval::tests::sample;
use crate::bytecode::eval::{self, Budget};
use crate::bytecode::{Pc, disasm};
use crate::lower::tests::{every_addition, every_kind, transform};
use proptest::prelude::*;
use serde_json::json;

/// What anybody may do with bytes that are called a program. Loading it may fail; nothing may panic or go on for ever.
fn use_bytes(bytes: &[u8]) {
    let Ok(program) = Program::load(bytes) else { return };
    let _ = disasm(&program, None);
    for pc in (0..).map(Pc).take(program.code.len()) {
        let mut budget = Budget { fuel: 1_000, bytes: 1 << 16 };
        let _ = eval::run(&program, pc, &sample(), &mut budget);
    }
}

/// A program of every kind of step, in the latest format.
fn bytes() -> Vec<u8> {
    every_addition().encode()
}

#[test]
fn programs_come_back_as_they_were() {
    let loops = "${trigger.items.filter(x, x > 1).map(x, [x, 1.5, 2u, b'b', null, trigger.?y.orValue(-0.0)])}";
    let newer = "${trigger.yes || trigger.n > 1}";
    for (program, format) in [
        (every_kind(), 1),
        (transform(&json!(loops)), 1),
        (every_addition(), 2),
        (transform(&json!(newer)), 3),
    ] {
        let encoded = program.encode();
        assert_eq!(program.format(), format, "the lowest that can hold it");
        let loaded = Program::load(&encoded).unwrap();
        assert_eq!(loaded, program);
        assert_eq!(loaded.encode(), encoded);
        assert_eq!(loaded.hash(), ProgramHash::of(&encoded));
    }
}

#[test]
fn what_is_no_program_of_this_release_is_refused_with_the_reason() {
    let whole = bytes();
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        Program::load(&bytes).unwrap_err()
    };
    assert_eq!(Program::load(b""), Err(LoadError::NotAProgram));
    assert_eq!(with(0, b'X'), LoadError::NotAProgram);
    assert!(matches!(with(4, 0), LoadError::Damaged(_)));
    assert_eq!(with(4, 4), LoadError::NewerFormat { found: 4 });
    assert_eq!(with(5, 1), LoadError::NewerFormat { found: 258 });
    assert_eq!(with(6, 9), LoadError::NewerSemantics { found: 9 });
    // Whatever newer semantics come with, they are the reason.
    assert_eq!(
        Program::load(b"WRIT\x01\x00\x09\xff\xff\xff"),
        Err(LoadError::NewerSemantics { found: 9 })
    );
    let longer = [whole.as_slice(), b"!"].concat();
    assert_eq!(
        Program::load(&longer),
        Err(LoadError::Damaged("1 bytes follow its end".to_owned()))
    );
    assert_eq!(Program::load(&vec![0; PROGRAM_BYTES_MAX + 1]), Err(LoadError::TooLarge));
    for cut in 0..whole.len() {
        assert!(Program::load(&whole[..cut]).is_err(), "cut to {cut} bytes");
    }
}

#[test]
fn no_damaged_byte_makes_a_program_that_cannot_be_run_safely() {
    let whole = bytes();
    for at in HEADER_LEN..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            use_bytes(&bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_edit_makes_a_program_that_cannot_be_run_safely(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6),
    ) {
        let mut bytes = bytes();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        use_bytes(&bytes);
    }

    #[test]
    fn bytes_after_a_header_are_never_trusted(body in prop::collection::vec(any::<u8>(), 0..64)) {
        use_bytes(&[&b"WRIT\x01\x00\x01"[..], &body].concat());
        use_bytes(&[&b"WRIT\x02\x00\x01"[..], &body].concat());
    }
}
