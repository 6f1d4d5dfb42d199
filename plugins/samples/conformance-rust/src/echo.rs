//! `echo`: identity on every type.

use crate::Plugin;
use crate::exports::sample::conformance::echo::{Bits, Colour, Guest, Names, Particle, Permissions, Point, Shape};

/// What `echo-many` takes, in order.
type Many = (String, u64, f32, Vec<u8>, Option<f64>, Particle);

/// One method a line: its name and the type that it takes and gives back.
macro_rules! identities {
    ($($name:ident: $type:ty;)*) => { $(fn $name(x: $type) -> $type { x })* };
}

/// A `result` that is returned inside a tuple is a plain value, not the function's failure.
macro_rules! wrapped {
    ($($name:ident: $type:ty;)*) => { $(fn $name(x: $type) -> ($type,) { (x,) })* };
}

impl Guest for Plugin {
    identities! {
        echo_bool: bool;
        echo_s8: i8;
        echo_u8: u8;
        echo_s16: i16;
        echo_u16: u16;
        echo_s32: i32;
        echo_u32: u32;
        echo_s64: i64;
        echo_u64: u64;
        echo_f32: f32;
        echo_f64: f64;
        echo_char: char;
        echo_string: String;
        echo_list_bool: Vec<bool>;
        echo_list_s8: Vec<i8>;
        echo_list_u8: Vec<u8>;
        echo_list_s16: Vec<i16>;
        echo_list_u16: Vec<u16>;
        echo_list_s32: Vec<i32>;
        echo_list_u32: Vec<u32>;
        echo_list_s64: Vec<i64>;
        echo_list_u64: Vec<u64>;
        echo_list_f32: Vec<f32>;
        echo_list_f64: Vec<f64>;
        echo_list_char: Vec<char>;
        echo_list_string: Vec<String>;
        echo_list_point: Vec<Point>;
        echo_list_particle: Vec<Particle>;
        echo_list_list_u32: Vec<Vec<u32>>;
        echo_list_list_string: Vec<Vec<String>>;
        echo_list_shape: Vec<Shape>;
        echo_list_option: Vec<Option<String>>;
        echo_list_tuple: Vec<(String, u64)>;
        echo_tuple: (u8, String, f64);
        echo_nested_tuple: ((bool, i64), Vec<(char, f32)>);
        echo_point: Point;
        echo_particle: Particle;
        echo_names: Names;
        echo_shape: Shape;
        echo_colour: Colour;
        echo_permissions: Permissions;
        echo_bits: Bits;
        echo_option_u32: Option<u32>;
        echo_option_string: Option<String>;
        echo_option_particle: Option<Particle>;
        echo_option_option: Option<Option<u32>>;
        return_result: Result<Particle, String>;
        return_result_bare: Result<(), ()>;
    }

    wrapped! {
        echo_result: Result<u32, String>;
        echo_result_ok_only: Result<String, ()>;
        echo_result_err_only: Result<(), Shape>;
        echo_result_bare: Result<(), ()>;
    }

    fn echo_many(a: String, b: u64, c: f32, d: Vec<u8>, e: Option<f64>, f: Particle) -> Many {
        (a, b, c, d, e, f)
    }

    fn nothing() {}
}
