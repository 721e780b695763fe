#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::value::Value;
use crate::value::tests::plain_value;
use proptest::prelude::*;

fn string() -> Schema {
    Schema::new(SchemaShape::String)
}

fn record(fields: Vec<SchemaField>, open: bool) -> Schema {
    Schema::new(SchemaShape::Record { fields, open })
}

fn any_schema() -> impl Strategy<Value = Schema> {
    let leaf = prop_oneof![
        Just(SchemaShape::Json),
        Just(SchemaShape::Null),
        Just(SchemaShape::Bool),
        Just(SchemaShape::Int),
        Just(SchemaShape::Number),
        Just(SchemaShape::String),
        Just(SchemaShape::Timestamp),
        prop::collection::vec("[a-z]{1,3}", 1..3).prop_map(SchemaShape::Enum),
    ];
    let labelled =
        |shape: BoxedStrategy<SchemaShape>| {
            (shape, prop::bool::weighted(0.2), any::<bool>())
                .prop_map(|(shape, secret, pii)| Schema { shape, secret, pii })
        };
    labelled(leaf.boxed()).prop_recursive(3, 16, 4, move |inner| {
        labelled(
            prop_oneof![
                inner.clone().prop_map(|s| SchemaShape::List(Box::new(s))),
                inner.clone().prop_map(|s| SchemaShape::Map(Box::new(s))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(SchemaShape::Union),
                (
                    prop::collection::btree_map("[a-z]{1,3}", (inner, any::<bool>()), 0..4),
                    any::<bool>()
                )
                    .prop_map(|(fields, open)| SchemaShape::Record {
                        fields: fields
                            .into_iter()
                            .map(|(name, (schema, optional))| SchemaField {
                                name,
                                optional,
                                schema
                            })
                            .collect(),
                        open,
                    }),
            ]
            .boxed(),
        )
    })
}

proptest! {
    #[test]
    fn encoding_round_trips(schema in any_schema()) {
        let bytes = postcard::to_stdvec(&schema).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Schema>(&bytes).unwrap(), schema);
    }

    #[test]
    fn restoring_undoes_splitting(schema in any_schema(), value in plain_value()) {
        let (redacted, secrets) = schema.split_secrets(&value);
        prop_assert_eq!(&schema.redact(&value), &redacted);
        prop_assert_eq!(Schema::restore(redacted, secrets), value);
    }

    #[test]
    fn redacting_twice_is_redacting_once(schema in any_schema(), value in plain_value()) {
        let once = schema.redact(&value);
        prop_assert_eq!(schema.redact(&once), once);
    }

    #[test]
    fn a_sample_is_of_its_type(schema in any_schema(), name in "[a-z]{0,3}") {
        prop_assert_eq!(schema.validate(&schema.sample(&name)), []);
    }

    #[test]
    fn validation_takes_any_value(schema in any_schema(), value in plain_value()) {
        prop_assert!(schema.validate(&value).len() <= crate::limits::FIELD_ERRORS_MAX);
        let _ = schema.to_json_schema();
    }

    #[test]
    fn damaged_encodings_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = postcard::from_bytes::<Schema>(&bytes);
    }
}

#[test]
fn errors_name_the_field_and_say_what_it_must_be() {
    let schema = record(
        vec![
            SchemaField::required(
                "bundle",
                record(
                    vec![SchemaField::required(
                        "frames",
                        Schema::new(SchemaShape::List(Box::new(Schema::new(SchemaShape::Int)))),
                    )],
                    true,
                ),
            ),
            SchemaField::required("customerId", string()),
            SchemaField::optional(
                "lane",
                Schema::new(SchemaShape::Enum(vec!["fast".to_owned(), "slow".to_owned()])),
            ),
        ],
        false,
    );
    let value =
        Value::from_json(r#"{"bundle":{"frames":[1,"x"]},"lane":"other","extra":1}"#).unwrap();
    let errors: Vec<_> =
        schema.validate(&value).into_iter().map(|e| format!("{}: {}", e.path, e.message)).collect();
    assert_eq!(
        errors,
        [
            "bundle.frames[1]: must be an integer",
            "customerId: is required",
            "lane: must be one of \"fast\", \"slow\"",
            "extra: is not a known field",
        ]
    );
    let errors = schema.validate(&Value::Null);
    assert_eq!((errors[0].path.as_str(), errors[0].message.as_str()), ("", "must be an object"));
}

#[test]
fn a_union_complains_as_the_member_that_was_meant() {
    let schema = Schema::new(SchemaShape::Union(vec![
        Schema::new(SchemaShape::Null),
        record(vec![SchemaField::required("id", string())], true),
    ]));
    assert!(schema.accepts(&Value::Null));
    assert_eq!(schema.validate(&Value::from_json("{}").unwrap())[0].path, "id");
    assert_eq!(schema.validate(&Value::Int(1))[0].message, "must be null, or an object");
}

#[test]
fn secrets_are_taken_out_even_where_the_value_surprises() {
    let schema = record(
        vec![
            SchemaField::required(
                "a",
                record(vec![SchemaField::required("key", string().secret())], true),
            ),
            SchemaField::required("hmacKey", string().secret()),
        ],
        true,
    );
    let value = Value::from_json(r#"{"a":{"key":"k","x":1},"hmacKey":"h","n":1}"#).unwrap();
    let (redacted, secrets) = schema.split_secrets(&value);
    assert_eq!(
        redacted.to_json(),
        r#"{"a":{"key":"[redacted]","x":1},"hmacKey":"[redacted]","n":1}"#
    );
    assert_eq!(
        serde_json::to_string(&secrets).unwrap(),
        r#"[[["a","key"],"k"],[["hmacKey"],"h"]]"#
    );
    // A list where an object with a secret was expected may hold the secret anywhere.
    let value = Value::from_json(r#"{"a":["k"],"hmacKey":null}"#).unwrap();
    assert_eq!(schema.redact(&value).to_json(), r#"{"a":"[redacted]","hmacKey":null}"#);
}

#[test]
fn json_schema_has_labels_and_constraints() {
    let schema = record(
        vec![
            SchemaField::required("key", string().secret()),
            SchemaField::optional("n", Schema::new(SchemaShape::Int)),
        ],
        false,
    );
    assert_eq!(
        schema.to_json_schema().to_string(),
        r#"{"type":"object","properties":{"key":{"type":"string","writeOnly":true,"x-writ-secret":true},"n":{"type":"integer"}},"required":["key"],"additionalProperties":false}"#
    );
}

#[test]
fn a_schema_nested_without_end_is_refused() {
    // A list of a list of a list: one node each, far deeper than the stack would bear.
    let mut bytes = postcard::to_stdvec(&100_000u32).unwrap();
    for _ in 0..100_000 {
        bytes.extend([0, 0, 10]);
    }
    assert!(postcard::from_bytes::<Schema>(&bytes).is_err());
}
