//! The bytes of the journal, which every later release must read.

use crate::machine::{ErrorInfo, ExecutionStatus, FrameId, StepStatus};
use crate::store::entry::{Entry, EntryRecord, EventTag, status_number, status_of};
use std::fmt::Write as _;

fn every_record() -> Vec<EntryRecord> {
    let error = ErrorInfo {
        code: "call_failed".into(),
        message: "m".into(),
        status: Some(503),
        pc: Some(3),
    };
    let mut records = vec![
        EntryRecord::ExecutionRunning,
        EntryRecord::StepRetried { ordinal: 1, attempts: 2, error: error.clone() },
        EntryRecord::ErrorBodyKept { ordinal: 1, body: 4 },
        EntryRecord::ApprovalRequested { ordinal: 1 },
        EntryRecord::ApprovalClosed { ordinal: 1 },
        EntryRecord::Emitted { event_id: "evt_1".into(), event: "kyc.failed".into() },
        EntryRecord::TimerSet { frame: FrameId(0), timer: 2, due: 1_000 },
        EntryRecord::TimerCleared { frame: FrameId(0) },
    ];
    let steps = [
        StepStatus::Running,
        StepStatus::AwaitingApproval,
        StepStatus::Succeeded,
        StepStatus::Failed,
        StepStatus::Cancelled,
    ];
    for status in steps {
        let step_id = "stp_1".to_owned();
        records.push(EntryRecord::StepStarted {
            ordinal: 0,
            step_id,
            step: 5,
            input: Some(1),
            status,
        });
        let error = Some(error.clone());
        records.push(EntryRecord::StepFinished {
            ordinal: 0,
            status,
            output: None,
            error,
            attempts: 3,
        });
    }
    for status in (0..).map_while(status_of) {
        let (output, error, failed_step) = (Some(6), None, Some(0));
        records.push(EntryRecord::ExecutionFinished { status, output, error, failed_step });
    }
    records.push(EntryRecord::EventAwaited { ordinal: 1 });
    records.push(EntryRecord::EventClosed { ordinal: 1, came: true });
    records
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn the_bytes_of_entries_never_change() {
    let tags = [
        EventTag::Started,
        EventTag::CallSucceeded,
        EventTag::CallFailed,
        EventTag::TimerFired,
        EventTag::Approved,
        EventTag::Rejected,
        EventTag::Cancelled,
        EventTag::Abandoned,
        EventTag::EventReceived,
    ];
    let mut bytes = String::new();
    for event in tags {
        let by = Some((Some("key_1".to_owned()), None));
        let entry = Entry { event, by, records: Vec::new() };
        writeln!(bytes, "{}", hex(&postcard::to_stdvec(&entry).unwrap())).unwrap();
    }
    for record in every_record() {
        let encoded = postcard::to_stdvec(&record).unwrap();
        assert_eq!(postcard::from_bytes::<EntryRecord>(&encoded).unwrap(), record);
        writeln!(bytes, "{}", hex(&encoded)).unwrap();
    }
    insta::assert_snapshot!(bytes, @r#"
    000101056b65795f310000
    010101056b65795f310000
    020101056b65795f310000
    030101056b65795f310000
    040101056b65795f310000
    050101056b65795f310000
    060101056b65795f310000
    070101056b65795f310000
    080101056b65795f310000
    00
    0201020b63616c6c5f6661696c6564016d01f7030103
    040104
    0501
    0601
    07056576745f310a6b79632e6661696c6564
    080002d00f
    0900
    0100057374705f3105010100
    03000000010b63616c6c5f6661696c6564016d01f703010303
    0100057374705f3105010101
    03000100010b63616c6c5f6661696c6564016d01f703010303
    0100057374705f3105010102
    03000200010b63616c6c5f6661696c6564016d01f703010303
    0100057374705f3105010103
    03000300010b63616c6c5f6661696c6564016d01f703010303
    0100057374705f3105010104
    03000400010b63616c6c5f6661696c6564016d01f703010303
    0a000106000100
    0a010106000100
    0a020106000100
    0a030106000100
    0a040106000100
    0a050106000100
    0b01
    0c0101
    "#);
}

#[test]
fn numbers_of_statuses_never_change() {
    let statuses: Vec<ExecutionStatus> = (0..).map_while(status_of).collect();
    insta::assert_snapshot!(format!("{statuses:?}"), @"[Pending, Running, AwaitingApproval, Succeeded, Failed, Cancelled]");
    let numbers: Vec<i64> = statuses.into_iter().map(status_number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
}
