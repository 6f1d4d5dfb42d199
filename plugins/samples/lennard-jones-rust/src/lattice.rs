//! Sums over the fcc lattice. Nothing here knows of components, so that it can be tested natively (`cargo test`).

use std::f64::consts::{PI, SQRT_2};

/// Radius of the summed sphere of `sum_of_powers`, in nearest-neighbour distances.
const SHELLS: i32 = 60;

/// Energy per atom in ε at a volume per atom in σ³, summed up to a cutoff in σ. NaN outside the domain.
pub fn energy(volume: f64, cutoff: f64) -> f64 {
    if !is_positive(volume) || !is_positive(cutoff) {
        return f64::NAN;
    }
    let distance = (volume * SQRT_2).cbrt();
    let pairs = sum_within(cutoff / distance, |m| pair_energy(f64::from(m) * distance * distance));
    0.5 * pairs + tail_energy(volume, cutoff)
}

/// Σ (d/R)^power over fcc.
pub fn sum_of_powers(power: u32) -> f64 {
    if power <= 3 {
        return f64::INFINITY;
    }
    let exponent = -0.5 * f64::from(power);
    let radius = f64::from(SHELLS);
    let near: f64 = shells(SHELLS).map(|(m, count)| f64::from(count) * f64::from(m).powf(exponent)).sum();
    let over = f64::from(power) - 3.0;
    near + 4.0 * PI * SQRT_2 * radius.powf(-over) / over
}

/// The Lennard-Jones pair potential 4 (r⁻¹² − r⁻⁶), of the squared distance.
fn pair_energy(r2: f64) -> f64 {
    let inverse = 1.0 / (r2 * r2 * r2);
    4.0 * (inverse * inverse - inverse)
}

/// Half the pair potential integrated over a continuum of the crystal's density outside the cutoff.
fn tail_energy(volume: f64, cutoff: f64) -> f64 {
    let inverse = cutoff.powi(-3);
    8.0 * PI / volume * (inverse * inverse * inverse / 9.0 - inverse / 3.0)
}

/// Σ term(m) over the lattice vectors with 0 < R² = m d² ≤ radius² d². From the outside in along each row, with
/// Kahan's compensation: the terms span ten orders of magnitude.
fn sum_within(radius: f64, term: impl Fn(i32) -> f64) -> f64 {
    let limit = (2.0 * radius * radius).floor() as i64;
    let reach = (limit as f64).sqrt() as i64;
    let (mut sum, mut lost) = (0.0f64, 0.0f64);
    for i in -reach..=reach {
        for j in -reach..=reach {
            let row = i * i + j * j;
            if row > limit {
                continue;
            }
            let end = ((limit - row) as f64).sqrt() as i64;
            let start = -end + ((i + j - end) & 1); // the first k with i + j + k even
            for k in (start..=end).step_by(2) {
                let m = (row + k * k) / 2;
                if m == 0 {
                    continue;
                }
                let next = term(m as i32) - lost;
                let total = sum + next;
                lost = (total - sum) - next;
                sum = total;
            }
        }
    }
    sum
}

/// How many lattice vectors have R² = m d², for every m up to radius².
fn shells(radius: i32) -> impl Iterator<Item = (i32, u32)> {
    let limit = radius * radius;
    let mut counts = vec![0u32; limit as usize + 1];
    let reach = (2.0 * f64::from(limit)).sqrt() as i32;
    for i in -reach..=reach {
        for j in -reach..=reach {
            for k in -reach..=reach {
                let norm = i * i + j * j + k * k;
                if norm & 1 == 0 && norm / 2 <= limit {
                    counts[(norm / 2) as usize] += 1;
                }
            }
        }
    }
    (1..).zip(counts.into_iter().skip(1)).filter(|&(_, count)| count > 0)
}

fn is_positive(x: f64) -> bool {
    x.is_finite() && x > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lattice_sums_are_those_of_the_literature() {
        assert!((sum_of_powers(12) - 12.131_880).abs() < 1e-5);
        assert!((sum_of_powers(6) - 14.453_921).abs() < 1e-5);
        assert_eq!(sum_of_powers(3), f64::INFINITY);
    }

    #[test]
    fn the_energy_is_the_one_that_the_lattice_sums_give() {
        for volume in [0.7, 0.916, 1.3] {
            let s = (volume * SQRT_2).powi(-2); // d⁻⁶
            let exact = 2.0 * (sum_of_powers(12) * s * s - sum_of_powers(6) * s);
            assert!((energy(volume, 60.0) / exact - 1.0).abs() < 1e-7);
        }
    }

    #[test]
    fn nothing_but_a_positive_volume_has_an_energy() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(energy(bad, 10.0).is_nan());
            assert!(energy(1.0, bad).is_nan());
        }
    }
}
