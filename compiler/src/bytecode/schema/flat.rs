//! The encoding of a schema: its nodes in pre-order, each saying how many follow as its children.
//!
//! A nested encoding would let a few bytes of a damaged program drive the decoder's recursion as deep as they are
//! long; here the rebuilding is the only recursion, and it counts.

use super::{Schema, SchemaField, SchemaShape};
use crate::limits::SCHEMA_DEPTH_MAX;
use serde::{Deserialize, Serialize};

/// A schema as encoded.
#[derive(Serialize, Deserialize)]
pub(super) struct FlatSchema(Vec<Node>);

#[derive(Serialize, Deserialize)]
struct Node {
    secret: bool,
    pii: bool,
    shape: FlatShape,
}

#[derive(Serialize, Deserialize)]
enum FlatShape {
    Json,
    Null,
    Bool,
    Int,
    Number,
    String,
    Bytes,
    Timestamp,
    Duration,
    Enum(Vec<String>),
    List,
    Map,
    Record { open: bool, fields: Vec<FlatField> },
    Union(u32),
}

#[derive(Serialize, Deserialize)]
struct FlatField {
    name: String,
    optional: bool,
}

/// Why a flat schema stands for none.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadSchema {
    #[error("a schema ends early")]
    Truncated,
    #[error("a schema is nested more than {SCHEMA_DEPTH_MAX} deep")]
    TooDeep,
    #[error("a schema has nodes that belong to nothing")]
    Trailing,
}

impl From<Schema> for FlatSchema {
    fn from(schema: Schema) -> Self {
        let mut nodes = Vec::new();
        flatten(&schema, &mut nodes);
        Self(nodes)
    }
}

fn flatten(schema: &Schema, nodes: &mut Vec<Node>) {
    let shape = match &schema.shape {
        SchemaShape::Json => FlatShape::Json,
        SchemaShape::Null => FlatShape::Null,
        SchemaShape::Bool => FlatShape::Bool,
        SchemaShape::Int => FlatShape::Int,
        SchemaShape::Number => FlatShape::Number,
        SchemaShape::String => FlatShape::String,
        SchemaShape::Bytes => FlatShape::Bytes,
        SchemaShape::Timestamp => FlatShape::Timestamp,
        SchemaShape::Duration => FlatShape::Duration,
        SchemaShape::Enum(values) => FlatShape::Enum(values.clone()),
        SchemaShape::List(_) => FlatShape::List,
        SchemaShape::Map(_) => FlatShape::Map,
        SchemaShape::Record { fields, open } => FlatShape::Record {
            open: *open,
            fields: fields
                .iter()
                .map(|field| FlatField { name: field.name.clone(), optional: field.optional })
                .collect(),
        },
        SchemaShape::Union(members) => {
            FlatShape::Union(u32::try_from(members.len()).unwrap_or(u32::MAX))
        }
    };
    nodes.push(Node { secret: schema.secret, pii: schema.pii, shape });
    for child in schema.children() {
        flatten(child, nodes);
    }
}

impl TryFrom<FlatSchema> for Schema {
    type Error = BadSchema;

    fn try_from(flat: FlatSchema) -> Result<Self, BadSchema> {
        let mut nodes = flat.0.into_iter();
        let schema = rebuild(&mut nodes, SCHEMA_DEPTH_MAX)?;
        if nodes.next().is_some() {
            return Err(BadSchema::Trailing);
        }
        Ok(schema)
    }
}

fn rebuild(nodes: &mut impl Iterator<Item = Node>, depth_left: usize) -> Result<Schema, BadSchema> {
    let node = nodes.next().ok_or(BadSchema::Truncated)?;
    let depth_left = depth_left.checked_sub(1).ok_or(BadSchema::TooDeep)?;
    let shape = match node.shape {
        FlatShape::Json => SchemaShape::Json,
        FlatShape::Null => SchemaShape::Null,
        FlatShape::Bool => SchemaShape::Bool,
        FlatShape::Int => SchemaShape::Int,
        FlatShape::Number => SchemaShape::Number,
        FlatShape::String => SchemaShape::String,
        FlatShape::Bytes => SchemaShape::Bytes,
        FlatShape::Timestamp => SchemaShape::Timestamp,
        FlatShape::Duration => SchemaShape::Duration,
        FlatShape::Enum(values) => SchemaShape::Enum(values),
        FlatShape::List => SchemaShape::List(Box::new(rebuild(nodes, depth_left)?)),
        FlatShape::Map => SchemaShape::Map(Box::new(rebuild(nodes, depth_left)?)),
        FlatShape::Record { open, fields } => SchemaShape::Record {
            open,
            fields: fields
                .into_iter()
                .map(|field| {
                    Ok(SchemaField {
                        name: field.name,
                        optional: field.optional,
                        schema: rebuild(nodes, depth_left)?,
                    })
                })
                .collect::<Result<_, _>>()?,
        },
        FlatShape::Union(members) => SchemaShape::Union(
            (0..members).map(|_| rebuild(nodes, depth_left)).collect::<Result<_, _>>()?,
        ),
    };
    Ok(Schema { shape, secret: node.secret, pii: node.pii })
}
