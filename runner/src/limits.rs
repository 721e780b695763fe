//! Every limit of the runner, in one place, each with its reason.
