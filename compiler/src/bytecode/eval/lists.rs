//! Functions of lists.

use super::function::{int, items, needs};
use super::{Evaluator, Outcome, Problem, Scope, weight, weight_of_all};
use crate::bytecode::op::Function;
use crate::value::Value;
use std::cmp::Ordering;

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn list_function(&mut self, function: Function, args: &[Value]) -> Outcome<Value> {
        match (function, args) {
            (Function::Reverse, [Value::String(text)]) => {
                self.new_text(text.chars().rev().collect())
            }
            (Function::Reverse, [list]) => {
                let items = items(function, list)?;
                self.allocate_items(items.len())?;
                Ok(Value::list(items.iter().rev().cloned().collect()))
            }
            (Function::Range, [n]) => {
                let n = int(function, n)?;
                let len = usize::try_from(n).unwrap_or(0);
                self.allocate_items(len)?;
                Ok(Value::list((0..n).map(Value::Int).collect()))
            }
            (Function::Slice, [list, start, end]) => {
                let items = items(function, list)?;
                let (start, end) = (int(function, start)?, int(function, end)?);
                let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
                let Some(part) = range.and_then(|(start, end)| items.get(start..end)) else {
                    let what =
                        format!("the list of {} has no items from {start} to {end}", items.len());
                    return Err(Problem::new(what));
                };
                self.allocate_items(part.len())?;
                Ok(Value::list(part.to_vec()))
            }
            (Function::Flatten, [list, depth @ ..]) => {
                let items = items(function, list)?;
                let depth = depth.first().map_or(Ok(1), |depth| int(function, depth))?;
                let depth = u64::try_from(depth)
                    .map_err(|_| needs(function, "a depth", &Value::Int(depth)))?;
                let mut flat = Vec::new();
                self.flatten(items, depth, &mut flat)?;
                Ok(Value::list(flat))
            }
            (Function::Distinct, [list]) => self.distinct(items(function, list)?),
            (Function::Sort, [list]) => {
                let items = items(function, list)?;
                self.sorted(function, items, items)
            }
            (Function::SortBy, [list, keys]) => {
                self.sorted(function, items(function, list)?, items(function, keys)?)
            }
            _ => Err(Problem::damaged()),
        }
    }

    fn allocate_items(&mut self, len: usize) -> Outcome<()> {
        self.burn(len as u64)?;
        self.allocate(len.saturating_mul(size_of::<Value>()))
    }

    fn flatten(&mut self, items: &[Value], depth: u64, flat: &mut Vec<Value>) -> Outcome<()> {
        for item in items {
            self.burn(1)?;
            match (item, depth.checked_sub(1)) {
                (Value::List(inner), Some(depth)) => self.flatten(inner, depth, flat)?,
                _ => {
                    self.allocate_items(1)?;
                    flat.push(item.clone());
                }
            }
        }
        Ok(())
    }

    /// The first of each group of equal items.
    fn distinct(&mut self, items: &[Value]) -> Outcome<Value> {
        let mut kept: Vec<Value> = Vec::new();
        for item in items {
            let weight = weight(item, self.budget.fuel);
            self.burn(weight.saturating_mul(1 + kept.len() as u64))?;
            if !kept.iter().any(|known| known.cel_equal(item)) {
                self.allocate_items(1)?;
                kept.push(item.clone());
            }
        }
        Ok(Value::list(kept))
    }

    /// The items in the order of their keys; those of equal keys stay in the order they were in.
    fn sorted(&mut self, function: Function, items: &[Value], keys: &[Value]) -> Outcome<Value> {
        let Some(first) = keys.first() else { return Ok(Value::list(Vec::new())) };
        for key in keys {
            let ordered = key.cel_compare(first).is_some() && !key.is_null();
            if !ordered {
                let what = "items of one type, which has an order";
                return Err(needs(function, what, key));
            }
        }
        let rounds = u64::from(usize::BITS - keys.len().leading_zeros());
        let work = weight_of_all(keys.iter(), self.budget.fuel);
        self.burn(work.saturating_mul(rounds))?;
        self.allocate_items(items.len())?;
        let mut pairs: Vec<(&Value, &Value)> = keys.iter().zip(items).collect();
        pairs.sort_by(|(a, _), (b, _)| a.cel_compare(b).unwrap_or(Ordering::Equal));
        Ok(Value::list(pairs.into_iter().map(|(_, item)| item.clone()).collect()))
    }
}
