//! Keys and sealing: nothing secret in clear on disk.
