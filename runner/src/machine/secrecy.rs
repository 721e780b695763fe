//! Whether an expression may have seen a secret, so that its error must not show values.

use writ_compiler::bytecode::schema::{Schema, SchemaShape};
use writ_compiler::bytecode::{AccessOp, LoadOp, Op, Pc, Program};

/// Whether the instructions from `from` to `to` load something that is, or may hold, a secret.
pub(super) fn may_have_read_a_secret(program: &Program, from: Pc, to: Pc) -> bool {
    (from.0..=to.0).map(Pc).any(|pc| match program.op(pc) {
        Some(Op::Load(LoadOp::Trigger)) => part_has_secrets(program, pc, to, &program.input),
        Some(Op::Load(LoadOp::Output { step } | LoadOp::OutputOr { step, .. })) => {
            program.step(step).is_none_or(|info| part_has_secrets(program, pc, to, &info.output))
        }
        // Nothing declares what is in the body of an error.
        Some(Op::Load(LoadOp::Error { step } | LoadOp::ErrorOr { step, .. })) => program
            .step(step)
            .and_then(|info| info.call.as_ref())
            .is_none_or(|call| call.keeps_error_body),
        _ => false,
    })
}

/// Whether the part of a value that is selected right after its load, and before `to`, may hold a secret.
fn part_has_secrets(program: &Program, load: Pc, to: Pc, schema: &Schema) -> bool {
    let (mut pc, mut schema) = (load, schema);
    loop {
        pc = pc.next();
        // What fails at `to` has met the whole of what it selects from.
        if pc >= to {
            return schema.has_secrets();
        }
        let Some(Op::Access(AccessOp::Field { name } | AccessOp::FieldOr { name, .. })) =
            program.op(pc)
        else {
            return schema.has_secrets();
        };
        let SchemaShape::Record { fields, .. } = &schema.shape else {
            return schema.has_secrets();
        };
        if schema.secret {
            return true;
        }
        let name = program.text(name);
        match fields.iter().find(|field| field.name == name) {
            Some(field) => schema = &field.schema,
            None => return false,
        }
    }
}
