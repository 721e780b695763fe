//! Lowering: the typed graph to bytecode.
