//! Energies of the Lennard-Jones fcc crystal by direct summation over lattice vectors.
//!
//! An fcc lattice is the integer points (i, j, k) with i + j + k even; with nearest neighbours at distance d
//! such a point lies at R² = (i² + j² + k²) d² / 2. Beyond the cutoff the crystal is taken as a continuum of
//! the same density, which leaves a relative error below 1e-8 at the default cutoff.

mod lattice;

wit_bindgen::generate!({ path: "lennard-jones.wit", world: "lennard-jones" });

struct Plugin;

export!(Plugin);

/// In σ. The term has long fallen below rounding there: this is a load for the processor, not a need of argon.
const CUTOFF: f64 = 130.0;

impl Guest for Plugin {
    fn energy(volume: f64) -> f64 {
        lattice::energy(volume, CUTOFF)
    }

    fn energy_with_cutoff(volume: f64, cutoff: f64) -> f64 {
        lattice::energy(volume, cutoff)
    }

    fn lattice_sum(power: u32) -> f64 {
        lattice::sum_of_powers(power)
    }
}
