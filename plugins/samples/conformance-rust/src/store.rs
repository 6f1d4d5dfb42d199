//! `store`: accumulators that live here and are known outside by handles only.

use std::cell::Cell;

use crate::Plugin;
use crate::exports::sample::conformance::store::{Accumulator, AccumulatorBorrow, Guest, GuestAccumulator};

pub struct Sum(Cell<i64>);

impl Guest for Plugin {
    type Accumulator = Sum;

    fn peek(a: AccumulatorBorrow<'_>) -> i64 {
        a.get::<Sum>().0.get()
    }

    fn make_many(starts: Vec<i64>) -> Vec<Accumulator> {
        starts.into_iter().map(|start| Accumulator::new(Sum::new(start))).collect()
    }

    fn drain(all: Vec<Accumulator>) -> i64 {
        all.iter().fold(0, |sum, a| sum.wrapping_add(a.get::<Sum>().0.get()))
    }
}

impl GuestAccumulator for Sum {
    fn new(start: i64) -> Self {
        Sum(Cell::new(start))
    }

    fn add(&self, x: i64) {
        self.0.set(self.0.get().wrapping_add(x));
    }

    fn value(&self) -> i64 {
        self.0.get()
    }

    fn merge(left: Accumulator, right: Accumulator) -> Accumulator {
        let (left, right) = (left.into_inner::<Sum>(), right.into_inner::<Sum>());
        Accumulator::new(Sum::new(left.0.get().wrapping_add(right.0.get())))
    }
}
