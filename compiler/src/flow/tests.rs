#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::{Fact, Flow, Ran, RouteKind, StepIx, path_without, resolve};
use crate::analysis::Syntax;
use crate::diagnostic::SourceText;
use crate::syntax::json;
use crate::tree::Workflow;

const QUICKSTART: &str = include_str!("../../../tests/cases/quickstart/workflow.json");

fn read(text: &str) -> Workflow {
    let (module, diagnostics) = json::parse(text);
    assert_eq!(diagnostics, []);
    module.workflows.into_iter().next().unwrap()
}

fn resolved(text: &str) -> (Workflow, Flow) {
    let workflow = read(text);
    let mut diagnostics = Vec::new();
    let source = SourceText { text, syntax: Syntax::Json };
    let flow = resolve(&workflow, source, &mut diagnostics);
    assert_eq!(diagnostics, []);
    (workflow, flow)
}

/// The routes as text, without their places.
fn shown(workflow: &Workflow, flow: &Flow) -> String {
    let id = |ix: StepIx| &workflow.steps[ix.index()].id.value;
    let mut lines = Vec::new();
    for &step in &flow.order {
        for route in flow.routes_of(step) {
            lines.push(format!("{} {:?} {}", id(step), route.kind, id(route.target)));
        }
    }
    lines.join("\n")
}

#[test]
fn cases_and_edges_are_two_spellings_of_one_graph() {
    let (workflow, both) = resolved(QUICKSTART);
    insta::assert_snapshot!(shown(&workflow, &both), @r#"
    kyc Next branch_on_ktp
    branch_on_ktp Case("passed") screening
    branch_on_ktp Case("requires_review") wait_for_analyst
    branch_on_ktp Case("failed") notify_failure
    wait_for_analyst Next screening
    "#);
    let only_cases: String = QUICKSTART.lines().filter(|line| !line.contains("\"case\"")).collect();
    let only_edges: String = QUICKSTART.lines().filter(|line| !line.contains("\"next\"")).collect();
    for text in [only_cases, only_edges] {
        let (workflow, flow) = resolved(&text);
        assert_eq!(shown(&workflow, &flow), shown(&workflow, &both));
    }
}

/// A chain of decisions with two arms each that meet again: 2 to the power of `n` paths.
pub(super) fn diamonds(n: usize) -> String {
    let mut nodes = Vec::new();
    for at in 0..n {
        nodes.push(format!(
            r#"{{"id":"d{at}","type":"decision","expression":"trigger.x == {at}",
                "cases":{{"true":{{"next":"a{at}"}},"false":{{"next":"b{at}"}}}}}}"#
        ));
        nodes.push(format!(r#"{{"id":"a{at}","type":"transform","value":1}}"#));
        nodes.push(format!(r#"{{"id":"b{at}","type":"transform","value":2}}"#));
    }
    nodes.push(r#"{"id":"end","type":"end"}"#.to_owned());
    let to = |at: usize| if at + 1 == n { "end".to_owned() } else { format!("d{}", at + 1) };
    let edges: Vec<_> = (0..n)
        .flat_map(|at| ["a", "b"].map(|arm| (format!("{arm}{at}"), to(at))))
        .map(|(from, to)| format!(r#"{{"from":"{from}","to":"{to}"}}"#))
        .collect();
    format!(r#"{{"startNodeId":"d0","nodes":[{}],"edges":[{}]}}"#, nodes.join(","), edges.join(","))
}

#[test]
fn what_ran_is_known_without_walking_every_path() {
    let (workflow, flow) = resolved(&diamonds(300));
    let ran = Ran::of(&flow, &Vec::new());
    let named =
        |id: &str| StepIx::at(workflow.steps.iter().position(|step| step.id.value == id).unwrap());
    let end = named("end");
    assert!(ran.is_certain(end, Fact::Output(named("d0"))));
    let (a, b) = (Fact::Output(named("a7")), Fact::Output(named("b7")));
    assert!(!ran.is_certain(end, a) && ran.is_possible(end, a));
    assert!(!ran.is_possible(named("d7"), a));
    let path = path_without(&flow, &Vec::new(), end, &[a]).unwrap();
    assert!(path.iter().any(|(step, _)| *step == b.step()));
    assert_eq!(path_without(&flow, &Vec::new(), end, &[a, b]), None);
}

#[test]
fn a_failed_call_leaves_an_error_and_no_output() {
    let (_, flow) = resolved(
        r#"{"startNodeId":"call","nodes":[
            {"id":"call","type":"service_call","service":"s","method":"GET","path":"/",
             "onError":"route_to:mend"},
            {"id":"done","type":"transform","value":1},
            {"id":"mend","type":"transform","value":2}],
           "edges":[{"from":"call","to":"done"}]}"#,
    );
    let ran = Ran::of(&flow, &Vec::new());
    let [call, done, mend] = [0, 1, 2].map(StepIx);
    assert_eq!(flow.routes_of(call)[1].kind, RouteKind::OnError(None));
    assert!(ran.is_certain(done, Fact::Output(call)) && !ran.is_possible(done, Fact::Error(call)));
    assert!(ran.is_certain(mend, Fact::Error(call)) && !ran.is_possible(mend, Fact::Output(call)));
}
