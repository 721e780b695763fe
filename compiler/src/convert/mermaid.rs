//! The graph as Mermaid text.

use super::expr;
use crate::flow::{Flow, Route, RouteKind};
use crate::tree::{CallTarget, ExprKind, Step, StepKind, WaitStep, Workflow};
use std::fmt::Write;

/// A workflow as a Mermaid flowchart: steps in reading order, shaped by their type; ways that are only taken when
/// something went wrong are dotted. Steps without a successor lead to an end.
#[must_use]
pub fn to_mermaid(workflow: &Workflow, flow: &Flow) -> String {
    let mut out = String::from("flowchart TD\n");
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {text}");
    };
    line(format_args!("start([{}])", label(&[start_text(workflow)])));
    for (at, step) in workflow.steps.iter().enumerate() {
        let (open, close) = shape(&step.kind);
        line(format_args!("s{at}{open}{}{close}", label(&[step.id.value.clone(), about(step)])));
    }
    if let Some(start) = flow.start {
        line(format_args!("start --> s{}", start.0));
    }
    let mut ends = false;
    for (at, step) in workflow.steps.iter().enumerate() {
        let routes = flow.routes.get(at).map(Vec::as_slice).unwrap_or_default();
        for route in routes {
            line(format_args!("s{at} {} s{}", arrow(route), route.target.0));
        }
        if !routes.iter().any(|route| !is_trouble(&route.kind)) && !is_end(&step.kind) {
            line(format_args!("s{at} --> done"));
            ends = true;
        }
    }
    if ends {
        line(format_args!("done([{}])", label(&["end".to_owned()])));
    }
    out
}

fn start_text(workflow: &Workflow) -> String {
    let name = workflow.slug.as_ref().or(workflow.name.as_ref());
    name.map_or_else(|| "start".to_owned(), |name| name.value.clone())
}

/// The brackets that make a step's shape.
fn shape(kind: &StepKind) -> (&'static str, &'static str) {
    match kind {
        StepKind::Call(_) | StepKind::Error => ("[", "]"),
        StepKind::Decide(_) => ("{", "}"),
        StepKind::Transform(_) => ("[/", "/]"),
        StepKind::Wait(_) => ("(", ")"),
        StepKind::Emit(_) => (">", "]"),
        StepKind::Approval(_) => ("{{", "}}"),
        StepKind::End(_) => ("([", "])"),
    }
}

/// What a step does, in a few words.
fn about(step: &Step) -> String {
    match &step.kind {
        StepKind::Call(call) => match &call.target {
            CallTarget::Operation(operation) => {
                format!("{}.{}", call.service.value, operation.value)
            }
            CallTarget::Http { method, path } => {
                let path = match &path.kind {
                    ExprKind::String(text) => text.clone(),
                    ExprKind::Template(parts) => expr::template_text(parts),
                    _ => expr::text(path, expr::Style::Template),
                };
                format!("{} {} {path}", call.service.value, method.value)
            }
        },
        StepKind::Decide(decide) => decide
            .expression
            .as_ref()
            .map_or_else(String::new, |e| expr::text(e, expr::Style::Template)),
        StepKind::Transform(_) | StepKind::Error => String::new(),
        StepKind::Wait(wait) => match wait {
            WaitStep::Duration { duration } => {
                format!("for {}", expr::text(duration, expr::Style::Template))
            }
            WaitStep::Until { until } => {
                format!("until {}", expr::text(until, expr::Style::Template))
            }
            WaitStep::Event { event, .. } => format!("for the event {}", event.value),
        },
        StepKind::Emit(emit) => emit.event.value.clone(),
        StepKind::Approval(approval) => {
            approval.assign_to.as_ref().map_or_else(String::new, |to| to.value.clone())
        }
        StepKind::End(end) => match &end.fail {
            Some(failure) => format!("fail {}", failure.code.value),
            None => String::new(),
        },
    }
}

fn is_end(kind: &StepKind) -> bool {
    matches!(kind, StepKind::End(_))
}

/// Whether a way is only taken when something went wrong.
fn is_trouble(kind: &RouteKind) -> bool {
    match kind {
        RouteKind::Next | RouteKind::Case(_) | RouteKind::Default | RouteKind::When(_) => false,
        RouteKind::OnError(_) | RouteKind::OnTimeout | RouteKind::OnReject | RouteKind::Failed => {
            true
        }
    }
}

fn arrow(route: &Route) -> String {
    let text = match &route.kind {
        RouteKind::Next => return "-->".to_owned(),
        RouteKind::Case(case) => case.clone(),
        RouteKind::Default => "default".to_owned(),
        RouteKind::When(n) => format!("when {}", n.saturating_add(1)),
        RouteKind::OnError(None) => "on error".to_owned(),
        RouteKind::OnError(Some(class)) => format!("on error {class}"),
        RouteKind::OnTimeout => "on timeout".to_owned(),
        RouteKind::OnReject => "on reject".to_owned(),
        RouteKind::Failed => "if it fails".to_owned(),
    };
    let stroke = if is_trouble(&route.kind) { "-.->" } else { "-->" };
    format!("{stroke}|{}|", label(&[text]))
}

/// Lines of text as a quoted label. What means something to Mermaid or to HTML is written as an entity.
fn label(lines: &[String]) -> String {
    let mut out = String::from("\"");
    for line in lines.iter().filter(|line| !line.is_empty()) {
        if out.len() > 1 {
            out.push_str("<br/>");
        }
        for c in line.chars() {
            match c {
                '"' | '<' | '>' | '&' | '#' | '`' | '\\' => {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "#{};", u32::from(c));
                }
                c if c.is_control() => out.push(' '),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::StepIx;
    use crate::syntax::json;
    use crate::text::Span;

    #[test]
    fn shapes_tell_types_and_dots_tell_trouble() {
        let text = r#"{"startNodeId": "get", "nodes": [
            {"id": "get", "type": "service_call", "service": "custom:crm", "method": "GET", "path": "/c/${trigger.id}"},
            {"id": "ask \"me\"", "type": "human_approval", "assignTo": "role:mlro"}
        ]}"#;
        let (module, _) = json::parse(text);
        let flow = Flow {
            start: Some(StepIx(0)),
            routes: vec![
                vec![
                    Route { kind: RouteKind::Next, target: StepIx(1), span: Span::default() },
                    Route {
                        kind: RouteKind::OnError(Some("404".to_owned())),
                        target: StepIx(1),
                        span: Span::default(),
                    },
                ],
                vec![],
            ],
            ..Flow::default()
        };
        let drawn = module.workflows.first().map(|w| to_mermaid(w, &flow)).unwrap_or_default();
        insta::assert_snapshot!(drawn, @r##"
        flowchart TD
          start(["start"])
          s0["get<br/>custom:crm GET /c/${trigger.id}"]
          s1{{"ask #34;me#34;<br/>role:mlro"}}
          start --> s0
          s0 --> s1
          s0 -.->|"on error 404"| s1
          s1 --> done
          done(["end"])
        "##);
    }
}
