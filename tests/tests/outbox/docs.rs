//! The programs of the guide.
