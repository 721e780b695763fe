//! The parts of instants, in UTC or in a zone, and of durations.

use super::function::{needs, text};
use super::{Evaluator, Outcome, Problem, Scope};
use crate::bytecode::op::Function;
use crate::value::{Value, time, zone};

/// The work of reading a zone's rules.
const ZONE_FUEL: u64 = 500;

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn part_of_moment(&mut self, function: Function, args: &[Value]) -> Outcome<Value> {
        let part = match args {
            [Value::Duration(ns)] => part_of_duration(function, *ns),
            [Value::Timestamp(ns)] => part_of_instant(function, *ns),
            [Value::Timestamp(ns), place] => {
                let name = text(function, place)?;
                self.burn(ZONE_FUEL)?;
                let local = zone::local(*ns, name).ok_or_else(|| {
                    Problem::met("there is no time zone of this name", place.clone())
                })?;
                part_of_instant(function, local)
            }
            _ => None,
        };
        let met = args.first().ok_or_else(Problem::damaged)?;
        let part = part.and_then(|part| i64::try_from(part).ok());
        part.map(Value::Int).ok_or_else(|| needs(function, "a timestamp", met))
    }
}

fn part_of_instant(function: Function, ns: i128) -> Option<i128> {
    let civil = time::civil(ns);
    Some(match function {
        Function::GetFullYear => civil.year,
        Function::GetMonth => civil.month - 1,
        Function::GetDate => civil.day,
        Function::GetDayOfMonth => civil.day - 1,
        Function::GetDayOfWeek => civil.weekday,
        Function::GetDayOfYear => civil.day_of_year,
        Function::GetHours => civil.hour,
        Function::GetMinutes => civil.minute,
        Function::GetSeconds => civil.second,
        Function::GetMilliseconds => civil.millisecond,
        _ => return None,
    })
}

/// A duration's hours, minutes and seconds are all of it; its milliseconds are those of the last second.
fn part_of_duration(function: Function, ns: i128) -> Option<i128> {
    let seconds = ns / 1_000_000_000;
    Some(match function {
        Function::GetHours => seconds / 3_600,
        Function::GetMinutes => seconds / 60,
        Function::GetSeconds => seconds,
        Function::GetMilliseconds => ns / 1_000_000 % 1_000,
        _ => return None,
    })
}
