//! `budget { ... }`.

use super::Printer;
use super::step::service_name;
use crate::convert::budget::{duration, size};
use crate::tree::Budget;

impl Printer {
    pub(super) fn budget(&mut self, budget: &Budget) {
        self.gap();
        self.begin();
        self.push("budget ");
        self.block(|out| {
            if let Some(calls) = &budget.calls {
                out.line(format_args!("calls {}", calls.value));
            }
            for limit in &budget.calls_per_service {
                let service = service_name(&limit.service.value);
                out.line(format_args!("calls {service} {}", limit.calls.value));
            }
            if let Some(attempts) = &budget.attempts {
                out.line(format_args!("attempts {}", attempts.value));
            }
            if let Some(time) = &budget.duration_ms {
                out.line(format_args!("duration {}", duration(time.value)));
            }
            if let Some(bytes) = &budget.stored_bytes {
                out.line(format_args!("stored {}", size(bytes.value)));
            }
        });
        self.end();
    }
}
