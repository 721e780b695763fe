#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::json::{base64, from_base64};
use super::*;
use proptest::prelude::*;
use std::cmp::Ordering;

const LIMITS: PlainLimits = PlainLimits { depth_max: 96, bytes_max: 1 << 20 };

/// Values as they come from JSON.
pub(crate) fn plain_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::list),
            prop::collection::vec(("[a-z]{1,3}", inner), 0..5).prop_map(Value::record),
        ]
    })
}

proptest! {
    #[test]
    fn json_round_trips(value in plain_value()) {
        prop_assert_eq!(&Value::from_json(&value.to_json()).unwrap(), &value);
        let tree = serde_json::Value::from(&value);
        prop_assert_eq!(&Value::from(tree), &value);
    }

    #[test]
    fn plain_values_are_their_own_plain_form(value in plain_value()) {
        prop_assert_eq!(&value.to_plain(LIMITS).unwrap(), &value);
    }

    #[test]
    fn equality_is_reflexive_and_symmetric(a in plain_value(), b in plain_value()) {
        prop_assert!(a.cel_equal(&a));
        prop_assert_eq!(a.cel_equal(&b), b.cel_equal(&a));
    }

    #[test]
    fn base64_round_trips(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(from_base64(&base64(&bytes)).unwrap(), bytes);
    }

    #[test]
    fn timestamps_round_trip(ns in -62_135_596_800_000_000_000i128..253_402_300_800_000_000_000) {
        prop_assert_eq!(time::parse_timestamp(&time::timestamp_text(ns)), Some(ns));
    }

    #[test]
    fn durations_round_trip(ns in -300_000_000_000_000_000_000i128..300_000_000_000_000_000_000) {
        prop_assert_eq!(time::parse_duration(&time::duration_text(ns)), Some(ns));
    }

    #[test]
    fn time_parsers_take_any_text(text in ".{0,40}") {
        let _ = time::parse_timestamp(&text);
        let _ = time::parse_duration(&text);
    }
}

#[test]
fn numbers_compare_by_what_they_stand_for() {
    assert!(Value::Int(1).cel_equal(&Value::Double(1.0)));
    assert!(Value::Uint(1).cel_equal(&Value::Int(1)));
    assert!(!Value::Int(1).cel_equal(&Value::from("1")));
    assert!(!Value::Int(1).cel_equal(&Value::Bool(true)));
    assert!(!Value::Double(f64::NAN).cel_equal(&Value::Double(f64::NAN)));
    // 2^53 + 1 has no double; its neighbour must not pass for it.
    assert!(!Value::Int(9_007_199_254_740_993).cel_equal(&Value::Double(9_007_199_254_740_992.0)));
    assert_eq!(
        Value::Int(9_007_199_254_740_993).cel_compare(&Value::Double(9_007_199_254_740_992.0)),
        Some(Ordering::Greater)
    );
    assert_eq!(Value::Double(-0.5).cel_compare(&Value::Int(0)), Some(Ordering::Less));
    assert_eq!(Value::Int(-1).cel_compare(&Value::Double(-0.5)), Some(Ordering::Less));
    assert_eq!(Value::Uint(u64::MAX).cel_compare(&Value::Int(-1)), Some(Ordering::Greater));
    assert_eq!(
        Value::Double(f64::INFINITY).cel_compare(&Value::Int(i64::MAX)),
        Some(Ordering::Greater)
    );
    assert_eq!(Value::from("a").cel_compare(&Value::Int(1)), None);
}

#[test]
fn objects_are_equal_whatever_their_order() {
    let a = Value::record([("x", Value::Int(1)), ("y", Value::Int(2))]);
    let b = Value::record([("y", Value::Double(2.0)), ("x", Value::Int(1))]);
    assert!(a.cel_equal(&b));
    assert!(!a.cel_equal(&Value::record([("x", Value::Int(1))])));
}

#[test]
fn json_numbers_keep_their_kind() {
    assert_eq!(Value::from_json("1").unwrap(), Value::Int(1));
    assert_eq!(Value::from_json("1.0").unwrap(), Value::Double(1.0));
    assert_eq!(Value::from_json("18446744073709551615").unwrap(), Value::Uint(u64::MAX));
    assert_eq!(Value::Double(1.0).to_json(), "1.0");
}

#[test]
fn plain_form_is_what_json_gives_back() {
    let value = Value::record([
        ("at", Value::Timestamp(1_777_636_800_500_000_000)),
        ("span", Value::Duration(-1_500_000_000)),
        ("bytes", Value::Bytes(Arc::from(&b"hello"[..]))),
        ("n", Value::Uint(7)),
        ("list", Value::list(vec![Value::Int(1), Value::Uint(2)])),
    ]);
    let plain = value.to_plain(LIMITS).unwrap();
    assert_eq!(
        plain.to_json(),
        r#"{"at":"2026-05-01T12:00:00.500Z","span":"-1.500s","bytes":"aGVsbG8=","n":7,"list":[1,2]}"#
    );
    assert_eq!(Value::from_json(&value.to_json()).unwrap(), plain);
}

#[test]
fn plain_form_refuses_what_json_cannot_hold() {
    assert_eq!(Value::Double(f64::NAN).to_plain(LIMITS), Err(NotPlain::NotFinite));
    let mut deep = Value::Null;
    for _ in 0..97 {
        deep = Value::list(vec![deep]);
    }
    assert_eq!(deep.to_plain(LIMITS), Err(NotPlain::TooDeep(96)));
    let large = Value::from("x".repeat(2 << 20));
    assert_eq!(large.to_plain(LIMITS), Err(NotPlain::TooLarge(1 << 20)));
}

#[test]
fn time_text() {
    assert_eq!(time::parse_timestamp("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(
        time::parse_timestamp("2026-05-01T19:00:00.25+07:00"),
        time::parse_timestamp("2026-05-01T12:00:00.250Z")
    );
    for bad in [
        "2026-02-30T00:00:00Z",
        "2026-05-01 12:00:00Z",
        "2026-05-01T12:00:00",
        "2026-05-01T24:00:00Z",
        "x",
    ] {
        assert_eq!(time::parse_timestamp(bad), None, "{bad}");
    }
    assert_eq!(time::parse_duration("1h30m"), Some(5_400_000_000_000));
    assert_eq!(time::parse_duration("1.5s"), Some(1_500_000_000));
    assert_eq!(time::parse_duration("-2ms"), Some(-2_000_000));
    assert_eq!(time::parse_duration("0"), Some(0));
    for bad in ["", "5", "s", "1x", "1.2.3s", "-", "1 s", "999999999999999999h"] {
        assert_eq!(time::parse_duration(bad), None, "{bad}");
    }
}
