//! JUnit's XML, which build servers read.

use super::view::{Side, TestView};
use crate::failure::Failure;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::fmt::Write;
use std::time::Duration;

/// A suite a file, a case a test.
pub fn report(tests: &[TestView], took: Duration) -> Result<String, Failure> {
    let mut report = Report::new("writ test");
    report.set_time(took);
    for file in tests.chunk_by(|a, b| a.file == b.file) {
        let Some(first) = file.first() else { continue };
        let mut suite = TestSuite::new(first.file.as_str());
        suite.add_test_cases(file.iter().map(case));
        report.add_test_suite(suite);
    }
    report
        .to_string()
        .map_err(|error| Failure::new(format_args!("cannot write the JUnit report: {error}")))
}

fn case(test: &TestView) -> TestCase {
    let status = if test.passed {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("expectation");
        let messages: Vec<&str> = test.failures.iter().map(|f| f.message.as_str()).collect();
        status.set_message(messages.join("; "));
        status.set_description(description(test));
        status
    };
    let mut case = TestCase::new(test.name.as_str(), status);
    case.set_classname(test.workflow.as_str());
    case.extra.insert("file".into(), test.file.as_str().into());
    case.extra.insert("line".into(), test.line.to_string().into());
    case
}

fn description(test: &TestView) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for failure in &test.failures {
        let _ = writeln!(
            text,
            "{}:{}:{}: {}",
            test.file, failure.line, failure.column, failure.message
        );
        for line in &failure.difference {
            let sign = match line.side {
                Side::Both => ' ',
                Side::Expected => '-',
                Side::Found => '+',
            };
            let _ = writeln!(text, "  {sign} {}", line.text);
        }
    }
    let path: Vec<&str> = test.run.steps.iter().map(|step| step.id.as_str()).collect();
    let _ = writeln!(text, "the run went {}", path.join(", "));
    text
}
