//! What a field's name says about its value, beyond its type.

/// Values that say that all is well, wherever they occur; an enum with none of them begins with its good one.
const GOOD: &[&str] = &[
    "passed",
    "verified",
    "live",
    "authentic",
    "match",
    "no_match",
    "pass",
    "allow",
    "completed",
    "succeeded",
    "trusted",
    "premium",
];

/// Values that say that a person has to look.
const DOUBTFUL: &[&str] =
    &["requires_review", "review", "unclear", "pending", "suspicious", "flag"];

/// Values that say no.
const BAD: &[&str] = &["failed", "spoof", "tampered", "confirmed", "block", "escalate"];

/// Whether a value says that all is well.
pub fn is_good(value: &str) -> bool {
    GOOD.contains(&value)
}

/// Whether two values say as much in different words: `failed` of a verdict, `spoof` of the check behind it.
pub fn alike(a: &str, b: &str) -> bool {
    [DOUBTFUL, BAD].iter().any(|words| words.contains(&a) && words.contains(&b))
}

/// Truth values that are `true` when all is well, and `false` otherwise.
pub fn follows_verdict(name: &str) -> bool {
    matches!(name, "allow" | "passed" | "satisfied" | "valid" | "match")
}

/// Truth values that are `true` when somebody has to look.
pub fn is_doubt(name: &str) -> bool {
    name == "manualReviewRequired"
}

/// Truth values that are always `true`.
pub fn always(name: &str) -> bool {
    matches!(name, "ok" | "active")
}

/// Enums that run from the best value to the worst.
pub fn is_scale(name: &str) -> bool {
    matches!(name, "assuranceTier" | "confidenceLevel" | "riskLevel" | "severity")
}

/// What there is only when something was found: lists are empty, and optional fields absent, when all is well.
pub fn is_finding(name: &str) -> bool {
    matches!(
        name,
        "matches"
            | "hits"
            | "appliedRules"
            | "appliedRuleIds"
            | "alertId"
            | "alertIds"
            | "anomalies"
            | "cases"
            | "flags"
            | "reason"
            | "reasons"
            | "error"
            | "errorMessage"
    )
}

/// The prefix of ids of a thing: `ktpb` for `ktpBundle`.
pub fn id_prefix(thing: &str) -> String {
    let known = match thing.trim_end_matches('s') {
        "verification" => "ver",
        "ktpBundle" => "ktpb",
        "flashChallenge" => "fc",
        "customer" => "cus",
        "enrolment" => "fe",
        "history" => "kte",
        "screening" => "scr",
        "matche" | "match" => "mat",
        "watchlist" => "wl",
        "alert" | "session" => "alt",
        "case" => "cas",
        "analysi" | "analyse" => "ana",
        "consolidation" | "consolidationGroup" => "cgr",
        "document" => "doc",
        "extraction" => "ext",
        "flow" => "flw",
        "conversation" => "cnv",
        "agent" => "agt",
        "actorUser" | "user" | "assignedTo" => "usr",
        other => return other.chars().take(3).collect::<String>().to_ascii_lowercase(),
    };
    known.to_owned()
}

/// Plausible text. `None` when the name says nothing.
pub fn text(name: &str) -> Option<&'static str> {
    Some(match name {
        "fullName" | "accountHolder" | "rawCustomerName" | "customerName" | "subjectName" => {
            "BUDI SANTOSO"
        }
        "nik" => "3174010101900001",
        "placeOfBirth" | "city" => "JAKARTA",
        "dateOfBirth" => "1990-01-01",
        "address" => "JL. MERDEKA NO. 1",
        "email" => "budi.santoso@example.com",
        "nationality" | "country" => "ID",
        "currency" => "IDR",
        "amountIdr" => "1500000",
        "detectedBank" => "BCA",
        "accountNumber" => "1234567890",
        "accountNumberMasked" => "******7890",
        "statementPeriod" | "month" => "2026-04",
        "periodStart" => "2026-04-01",
        "periodEnd" => "2026-04-30",
        "filename" => "document.pdf",
        "verdict" => "match",
        "method" => "ktp_capture",
        "parseMethod" => "bca_native",
        "severity" => "high",
        "source" | "name" => "sandbox",
        "reason" | "description" => "chosen by the id that was given",
        _ => return None,
    })
}

/// A plausible number: when all is well, and when it is not. `None` when the name says nothing.
pub fn number(name: &str) -> Option<(Amount, Amount)> {
    use Amount::{Part, Whole};
    Some(match name {
        "topMatchScore" => (Part(0.05), Part(0.93)),
        "similarity" => (Part(0.87), Part(0.21)),
        "threshold" => (Part(0.45), Part(0.45)),
        "riskScore" | "fraudScore" | "rules" | "velocity" | "ml" => (Whole(5), Whole(85)),
        "scoreContribution" => (Whole(0), Whole(45)),
        "score" | "confidenceScore" | "authenticityScore" | "affordabilityScore" => {
            (Whole(96), Whole(41))
        }
        "framesStored"
        | "present"
        | "page"
        | "total"
        | "succeeded"
        | "accountsConsolidated"
        | "transactionCount"
        | "flowVersion" => (Whole(1), Whole(1)),
        "totalInflow" | "averageMonthlyInflow" | "inflow" => (Whole(15_000_000), Whole(900_000)),
        "totalOutflow" | "averageMonthlyOutflow" | "outflow" => (Whole(9_000_000), Whole(800_000)),
        "netMovement" => (Whole(6_000_000), Whole(100_000)),
        "passed" => (Whole(1), Whole(0)),
        "rejected" | "failed" | "anomalyCount" => (Whole(0), Whole(0)),
        "limit" => (Whole(20), Whole(20)),
        "expiresIn" => (Whole(1_800), Whole(1_800)),
        _ => return None,
    })
}

/// A number of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// An integer.
    Whole(i64),
    /// A part of one.
    Part(f64),
}
