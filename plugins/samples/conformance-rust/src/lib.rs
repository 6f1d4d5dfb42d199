//! The conformance world in Rust: every value goes through Rust's own types on its way.

mod echo;
mod fold;
mod store;

wit_bindgen::generate!({ path: "../conformance/conformance.wit", world: "conformance", generate_all });

struct Plugin;

export!(Plugin);
