//! What functions take and give. The checker, the verifier and the messages read this one table.

use super::function::{Function, Function as F};
use Form::{Either, Global, Method};
use Gives::{First, Flat, Is, Item, Items, Joined, TypeName};
use Kind::{
    Any, Bool, Bytes, Duration, Int, List, Number, Numbers, Record, Scalar, Text, Texts, Timestamp,
};

/// How a function is called, what it takes and gives.
#[derive(Debug)]
pub struct Signature {
    /// The function.
    pub function: Function,
    /// Its name, with its namespace: `size`, `math.abs`.
    pub name: &'static str,
    /// As a function or as a method.
    pub form: Form,
    /// How it is written, for messages.
    pub usage: &'static str,
    /// Whether the result shows what the arguments hold, and so is as secret as they are.
    pub shows: bool,
    /// The ways to call it.
    pub overloads: &'static [Overload],
}

/// As a function, `f(x)`, or as a method, `x.f()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `f(x)`
    Global,
    /// `x.f()`
    Method,
    /// Both.
    Either,
}

/// One way to call a function.
#[derive(Debug, Clone, Copy)]
pub struct Overload {
    /// The kinds of the arguments, a method's receiver first.
    pub takes: &'static [Kind],
    /// Whether more arguments of the last kind may follow.
    pub more: bool,
    /// What it gives.
    pub gives: Gives,
}

impl Overload {
    /// Whether it takes this many arguments.
    #[must_use]
    pub fn takes_count(&self, argc: usize) -> bool {
        argc == self.takes.len() || self.more && argc > self.takes.len()
    }

    /// The kind of an argument.
    #[must_use]
    pub fn kind(&self, index: usize) -> Option<Kind> {
        self.takes.get(index).or(self.takes.last().filter(|_| self.more)).copied()
    }
}

/// A kind of value that functions tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whatever it is.
    Any,
    /// What has a text form: neither null nor a list nor a record.
    Scalar,
    /// `true` or `false`.
    Bool,
    /// An integer.
    Int,
    /// An integer or a double.
    Number,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A timestamp.
    Timestamp,
    /// A duration.
    Duration,
    /// A list.
    List,
    /// A list of text.
    Texts,
    /// A list of numbers.
    Numbers,
    /// A record.
    Record,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// A value of this kind.
    Is(Kind),
    /// A list of values of this kind.
    Items(Kind),
    /// What the first argument is.
    First,
    /// What one of the arguments is.
    Joined,
    /// An item of the first argument.
    Item,
    /// The first argument with the items of its items.
    Flat,
    /// The name of a type.
    TypeName,
}

const fn row(
    function: Function,
    name: &'static str,
    form: Form,
    usage: &'static str,
    shows: bool,
    overloads: &'static [Overload],
) -> Signature {
    Signature { function, name, form, usage, shows, overloads }
}

const fn way(takes: &'static [Kind], gives: Gives) -> Overload {
    Overload { takes, more: false, gives }
}

const SHOWN: bool = true;
const NOT_SHOWN: bool = false;

/// A part of an instant, or of a duration.
const PART: &[Overload] = &[way(&[Timestamp], Is(Int)), way(&[Timestamp, Text], Is(Int))];
const PART_OF_EITHER: &[Overload] =
    &[way(&[Timestamp], Is(Int)), way(&[Timestamp, Text], Is(Int)), way(&[Duration], Is(Int))];
const PREDICATE: &[Overload] = &[way(&[Text, Text], Is(Bool))];
const TEXT: &[Overload] = &[way(&[Text], Is(Text))];
const EXTREME: &[Overload] =
    &[Overload { takes: &[Number], more: true, gives: Joined }, way(&[Numbers], Item)];
const ROUNDED: &[Overload] = &[way(&[Number], Is(Number))];
const MAGNITUDE: &[Overload] = &[way(&[Int], Is(Int)), way(&[Number], Is(Number))];
const TESTED: &[Overload] = &[way(&[Number], Is(Bool))];
const BITS: &[Overload] = &[way(&[Int, Int], Is(Int))];

/// Every function that an author calls.
pub(super) const ALL: &[Signature] = &[
    row(
        F::Size,
        "size",
        Either,
        "size(text, list or record)",
        NOT_SHOWN,
        &[
            way(&[Text], Is(Int)),
            way(&[Bytes], Is(Int)),
            way(&[List], Is(Int)),
            way(&[Record], Is(Int)),
        ],
    ),
    row(F::Contains, "contains", Method, "text.contains(part)", NOT_SHOWN, PREDICATE),
    row(F::StartsWith, "startsWith", Method, "text.startsWith(part)", NOT_SHOWN, PREDICATE),
    row(F::EndsWith, "endsWith", Method, "text.endsWith(part)", NOT_SHOWN, PREDICATE),
    row(
        F::String,
        "string",
        Global,
        "string(number, bool, timestamp, ...)",
        SHOWN,
        &[way(&[Scalar], Is(Text))],
    ),
    row(
        F::Int,
        "int",
        Global,
        "int(number, text or timestamp)",
        SHOWN,
        &[way(&[Number], Is(Int)), way(&[Text], Is(Int)), way(&[Timestamp], Is(Int))],
    ),
    row(
        F::Uint,
        "uint",
        Global,
        "uint(number or text)",
        SHOWN,
        &[way(&[Number], Is(Int)), way(&[Text], Is(Int)), way(&[Timestamp], Is(Int))],
    ),
    row(
        F::Double,
        "double",
        Global,
        "double(number or text)",
        SHOWN,
        &[way(&[Number], Is(Number)), way(&[Text], Is(Number))],
    ),
    row(
        F::Bool,
        "bool",
        Global,
        "bool(text)",
        SHOWN,
        &[way(&[Text], Is(Bool)), way(&[Bool], Is(Bool))],
    ),
    row(
        F::Bytes,
        "bytes",
        Global,
        "bytes(text)",
        SHOWN,
        &[way(&[Text], Is(Bytes)), way(&[Bytes], Is(Bytes))],
    ),
    row(
        F::Timestamp,
        "timestamp",
        Global,
        "timestamp(text or seconds)",
        SHOWN,
        &[
            way(&[Text], Is(Timestamp)),
            way(&[Int], Is(Timestamp)),
            way(&[Timestamp], Is(Timestamp)),
        ],
    ),
    row(
        F::Duration,
        "duration",
        Global,
        "duration(text)",
        SHOWN,
        &[way(&[Text], Is(Duration)), way(&[Duration], Is(Duration))],
    ),
    row(F::Now, "now", Global, "now()", NOT_SHOWN, &[way(&[], Is(Timestamp))]),
    row(F::Uuid, "uuid", Global, "uuid()", NOT_SHOWN, &[way(&[], Is(Text))]),
    row(F::LowerAscii, "lowerAscii", Method, "text.lowerAscii()", SHOWN, TEXT),
    row(F::UpperAscii, "upperAscii", Method, "text.upperAscii()", SHOWN, TEXT),
    row(F::Trim, "trim", Method, "text.trim()", SHOWN, TEXT),
    row(
        F::Replace,
        "replace",
        Method,
        "text.replace(from, to)",
        SHOWN,
        &[way(&[Text, Text, Text], Is(Text)), way(&[Text, Text, Text, Int], Is(Text))],
    ),
    row(
        F::Split,
        "split",
        Method,
        "text.split(separator)",
        SHOWN,
        &[way(&[Text, Text], Items(Text)), way(&[Text, Text, Int], Items(Text))],
    ),
    row(
        F::Join,
        "join",
        Method,
        "list.join(separator)",
        SHOWN,
        &[way(&[Texts], Is(Text)), way(&[Texts, Text], Is(Text))],
    ),
    row(F::Matches, "matches", Either, "text.matches(pattern)", NOT_SHOWN, PREDICATE),
    row(F::CharAt, "charAt", Method, "text.charAt(index)", SHOWN, &[way(&[Text, Int], Is(Text))]),
    row(
        F::IndexOf,
        "indexOf",
        Method,
        "text.indexOf(part)",
        NOT_SHOWN,
        &[way(&[Text, Text], Is(Int)), way(&[Text, Text, Int], Is(Int))],
    ),
    row(
        F::LastIndexOf,
        "lastIndexOf",
        Method,
        "text.lastIndexOf(part)",
        NOT_SHOWN,
        &[way(&[Text, Text], Is(Int)), way(&[Text, Text, Int], Is(Int))],
    ),
    row(
        F::Substring,
        "substring",
        Method,
        "text.substring(start, end)",
        SHOWN,
        &[way(&[Text, Int], Is(Text)), way(&[Text, Int, Int], Is(Text))],
    ),
    row(
        F::Reverse,
        "reverse",
        Method,
        "list.reverse()",
        SHOWN,
        &[way(&[Text], Is(Text)), way(&[List], First)],
    ),
    row(
        F::Format,
        "format",
        Method,
        "text.format([values])",
        SHOWN,
        &[way(&[Text, List], Is(Text))],
    ),
    row(F::Quote, "strings.quote", Global, "strings.quote(text)", SHOWN, TEXT),
    row(F::Type, "type", Global, "type(value)", NOT_SHOWN, &[way(&[Any], TypeName)]),
    row(F::GetFullYear, "getFullYear", Method, "instant.getFullYear(\"zone\")", SHOWN, PART),
    row(F::GetMonth, "getMonth", Method, "instant.getMonth(\"zone\")", SHOWN, PART),
    row(F::GetDate, "getDate", Method, "instant.getDate(\"zone\")", SHOWN, PART),
    row(F::GetDayOfMonth, "getDayOfMonth", Method, "instant.getDayOfMonth(\"zone\")", SHOWN, PART),
    row(F::GetDayOfWeek, "getDayOfWeek", Method, "instant.getDayOfWeek(\"zone\")", SHOWN, PART),
    row(F::GetDayOfYear, "getDayOfYear", Method, "instant.getDayOfYear(\"zone\")", SHOWN, PART),
    row(F::GetHours, "getHours", Method, "instant.getHours(\"zone\")", SHOWN, PART_OF_EITHER),
    row(F::GetMinutes, "getMinutes", Method, "instant.getMinutes(\"zone\")", SHOWN, PART_OF_EITHER),
    row(F::GetSeconds, "getSeconds", Method, "instant.getSeconds(\"zone\")", SHOWN, PART_OF_EITHER),
    row(
        F::GetMilliseconds,
        "getMilliseconds",
        Method,
        "instant.getMilliseconds(\"zone\")",
        SHOWN,
        PART_OF_EITHER,
    ),
    row(F::Greatest, "math.greatest", Global, "math.greatest(a, b)", SHOWN, EXTREME),
    row(F::Least, "math.least", Global, "math.least(a, b)", SHOWN, EXTREME),
    row(F::Abs, "math.abs", Global, "math.abs(number)", SHOWN, MAGNITUDE),
    row(F::Ceil, "math.ceil", Global, "math.ceil(number)", SHOWN, ROUNDED),
    row(F::Floor, "math.floor", Global, "math.floor(number)", SHOWN, ROUNDED),
    row(F::Round, "math.round", Global, "math.round(number)", SHOWN, ROUNDED),
    row(F::Trunc, "math.trunc", Global, "math.trunc(number)", SHOWN, ROUNDED),
    row(F::Sign, "math.sign", Global, "math.sign(number)", SHOWN, MAGNITUDE),
    row(F::Sqrt, "math.sqrt", Global, "math.sqrt(number)", SHOWN, ROUNDED),
    row(F::IsNan, "math.isNaN", Global, "math.isNaN(number)", NOT_SHOWN, TESTED),
    row(F::IsInf, "math.isInf", Global, "math.isInf(number)", NOT_SHOWN, TESTED),
    row(F::IsFinite, "math.isFinite", Global, "math.isFinite(number)", NOT_SHOWN, TESTED),
    row(F::BitAnd, "math.bitAnd", Global, "math.bitAnd(a, b)", SHOWN, BITS),
    row(F::BitOr, "math.bitOr", Global, "math.bitOr(a, b)", SHOWN, BITS),
    row(F::BitXor, "math.bitXor", Global, "math.bitXor(a, b)", SHOWN, BITS),
    row(F::BitNot, "math.bitNot", Global, "math.bitNot(a)", SHOWN, &[way(&[Int], Is(Int))]),
    row(F::BitShiftLeft, "math.bitShiftLeft", Global, "math.bitShiftLeft(a, by)", SHOWN, BITS),
    row(F::BitShiftRight, "math.bitShiftRight", Global, "math.bitShiftRight(a, by)", SHOWN, BITS),
    row(
        F::Base64Encode,
        "base64.encode",
        Global,
        "base64.encode(bytes(text))",
        SHOWN,
        &[way(&[Bytes], Is(Text))],
    ),
    row(
        F::Base64Decode,
        "base64.decode",
        Global,
        "base64.decode(text)",
        SHOWN,
        &[way(&[Text], Is(Bytes))],
    ),
    row(
        F::JsonEncode,
        "json.encode",
        Global,
        "json.encode(value)",
        SHOWN,
        &[way(&[Any], Is(Text))],
    ),
    row(F::JsonDecode, "json.decode", Global, "json.decode(text)", SHOWN, &[way(&[Text], Is(Any))]),
    row(
        F::Slice,
        "slice",
        Method,
        "list.slice(start, end)",
        SHOWN,
        &[way(&[List, Int, Int], First)],
    ),
    row(
        F::Flatten,
        "flatten",
        Method,
        "list.flatten()",
        SHOWN,
        &[way(&[List], Flat), way(&[List, Int], Items(Any))],
    ),
    row(F::Distinct, "distinct", Method, "list.distinct()", SHOWN, &[way(&[List], First)]),
    row(F::Sort, "sort", Method, "list.sort()", SHOWN, &[way(&[List], First)]),
    row(F::Range, "lists.range", Global, "lists.range(n)", SHOWN, &[way(&[Int], Items(Int))]),
];
