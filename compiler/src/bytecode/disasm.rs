//! The listing of a program.
use super::{Program, SourceMap};
/// x
pub fn disasm(_p: &Program, _s: Option<(&SourceMap, &str)>) -> String {
    String::new()
}
