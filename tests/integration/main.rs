//! The whole of Presently against the real things.
