//! Templates in strings: `${...}` and `$${`.
