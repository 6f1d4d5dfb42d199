//! `fold`: one value out of many.

use crate::Plugin;
use crate::exports::sample::conformance::fold::{Colour, Guest, Particle, Permissions, Point, Shape};

impl Guest for Plugin {
    fn sum_u8(xs: Vec<u8>) -> u64 {
        xs.iter().map(|&x| u64::from(x)).sum()
    }

    fn sum_s64(xs: Vec<i64>) -> i64 {
        xs.iter().fold(0, |sum, &x| sum.wrapping_add(x))
    }

    fn sum_f64(xs: Vec<f64>) -> f64 {
        xs.iter().fold(0.0, |sum, x| sum + x) // not `sum`, which starts with -0
    }

    fn concat(xs: Vec<String>) -> String {
        xs.concat()
    }

    fn count_chars(s: String) -> u32 {
        s.chars().count() as u32
    }

    fn count_true(xs: Vec<bool>) -> u32 {
        xs.iter().filter(|&&x| x).count() as u32
    }

    fn count_nested(xs: Vec<Vec<u32>>) -> u32 {
        xs.iter().map(Vec::len).sum::<usize>() as u32
    }

    fn count_permissions(p: Permissions) -> u32 {
        p.bits().count_ones()
    }

    fn centre(xs: Vec<Point>) -> Point {
        xs.iter().fold(Point { x: 0.0, y: 0.0 }, |sum, p| Point { x: sum.x + p.x, y: sum.y + p.y })
    }

    fn names_of(xs: Vec<Particle>, which: Colour) -> Vec<String> {
        xs.into_iter().filter(|p| p.colour == which).map(|p| p.name).collect()
    }

    fn measure(s: Shape) -> u64 {
        match s {
            Shape::Empty => 0,
            Shape::Circle(_) => 1,
            Shape::Polygon(points) => points.len() as u64,
            Shape::Label(text) => text.chars().count() as u64,
            Shape::Count(n) => n,
            Shape::Solid(particle) => u64::from(particle.id),
        }
    }

    fn first_some(xs: Vec<Option<u32>>) -> Option<u32> {
        xs.into_iter().flatten().next()
    }

    fn divide(left: i32, right: i32) -> Result<i32, String> {
        if right == 0 {
            return Err("division by zero".to_owned());
        }
        Ok(left.wrapping_div(right))
    }
}
