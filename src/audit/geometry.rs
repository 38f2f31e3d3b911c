//! Tables over all vertices and triangles of a scan that rules share; each is made, in one tight
//! pass, when a rule first asks for it.

use std::cell::OnceCell;

use crate::math::Aabb;
use crate::scene::{Colour, Scene};

/// Vertices that stand for all where the room's box is wanted.
const VERTICES: usize = 2048;
/// Values in a block of a column: loops over whole blocks are vectorised.
const BLOCK: usize = 1024;

/// The tables of one scene.
#[derive(Debug)]
pub(super) struct Geometry<'a> {
    scene: &'a Scene,
    core: OnceCell<Aabb>,
    colours: OnceCell<Colours>,
    triangles: OnceCell<Triangles>,
}

/// What a pass over all colours gives; zeros without colours.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Colours {
    /// Vertices that have a colour.
    pub count: usize,
    /// Sum of each channel.
    pub sums: [u64; 3],
    /// Whether each channel has the same value everywhere.
    pub constant: [bool; 3],
    /// Vertices that are black, 0 0 0.
    pub black: usize,
}

/// What a pass over all triangles gives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Triangles {
    /// Triangles with an index beyond the vertices.
    pub outside: usize,
    /// Triangles that name a vertex twice.
    pub degenerate: usize,
    /// Vertices of no triangle.
    pub loose: usize,
}

impl<'a> Geometry<'a> {
    /// The tables of `scene`, all still to be made.
    pub(super) fn new(scene: &'a Scene) -> Self {
        Self { scene, core: OnceCell::new(), colours: OnceCell::new(), triangles: OnceCell::new() }
    }

    /// The box of the middle 98 of 100 vertices along each axis, which a few far ones do not move:
    /// of vertices evenly spread over the list. Empty when they are not finite.
    pub(super) fn core(&self) -> Aabb {
        *self.core.get_or_init(|| {
            let mut core = Aabb::EMPTY;
            for (axis, column) in self.scene.points.position.axes().into_iter().enumerate() {
                let spread = column.iter().step_by(step(column.len(), VERTICES));
                let mut sample: Vec<f32> = spread.copied().filter(|v| v.is_finite()).collect();
                let Some(last) = sample.len().checked_sub(1) else { return Aabb::EMPTY };
                let mut at = |rank: usize| *sample.select_nth_unstable_by(rank, f32::total_cmp).1;
                (core.min[axis], core.max[axis]) = (at(last / 100), at(last - last / 100));
            }
            core
        })
    }

    /// What all colours have in common.
    pub(super) fn colours(&self) -> &Colours {
        self.colours.get_or_init(|| self.scene.points.colour.as_ref().map(Colours::of).unwrap_or_default())
    }

    /// What is odd about triangles.
    pub(super) fn triangles(&self) -> &Triangles {
        self.triangles.get_or_init(|| {
            let mut found = Triangles::default();
            let mut used = vec![false; self.scene.points.len()];
            for &[a, b, c] in &self.scene.faces {
                found.degenerate += usize::from(a == b || b == c || a == c);
                let mut inside = true;
                for i in [a, b, c] {
                    match used.get_mut(i as usize) {
                        Some(used) => *used = true,
                        None => inside = false,
                    }
                }
                found.outside += usize::from(!inside);
            }
            found.loose = used.iter().filter(|used| !**used).count();
            found
        })
    }

    /// At most `most` triangles, evenly spread over the list, as vertex indices; those that point
    /// beyond the vertices are passed over.
    pub(super) fn sample(&self, most: usize) -> impl Iterator<Item = [usize; 3]> + '_ {
        let (n, faces) = (self.scene.points.len(), &self.scene.faces);
        let spread = faces.iter().step_by(step(faces.len(), most)).map(|f| f.map(|i| i as usize));
        spread.filter(move |[a, b, c]| *a.max(b).max(c) < n)
    }

    /// How many triangles each of [`Self::sample`] stands for.
    pub(super) fn each(&self, most: usize) -> usize {
        step(self.scene.faces.len(), most)
    }

    /// The corners of a triangle of [`Self::sample`], when they are finite.
    pub(super) fn corners(&self, triangle: [usize; 3]) -> Option<[[f32; 3]; 3]> {
        let corners = triangle.map(|i| self.scene.points.position.get(i));
        corners.iter().flatten().all(|v| v.is_finite()).then_some(corners)
    }
}

/// Whether any value is further than `reach` from `middle`; one that is NaN is not.
pub(super) fn any_beyond(column: &[f32], middle: f32, reach: f32) -> bool {
    let beyond = |block: &[f32]| block.iter().fold(false, |any, v| any | ((v - middle).abs() > reach));
    column.chunks(BLOCK).any(beyond)
}

impl Colours {
    fn of(colour: &Colour) -> Self {
        let channels = colour.channels();
        let sum = |c: &[u8]| c.iter().map(|&v| u32::from(v)).sum::<u32>();
        let differ = |c: &[u8]| c.iter().fold(0, |differ, v| differ | (v ^ c[0]));
        let [red, green, blue] = channels.map(|c| c.chunks(BLOCK));
        let black = red.zip(green).zip(blue).map(|((red, green), blue)| {
            let black = |((r, g), b): ((&u8, &u8), &u8)| u32::from(r | g | b == 0);
            red.iter().zip(green).zip(blue).map(black).sum::<u32>()
        });
        Self {
            count: colour.len(),
            sums: channels.map(|c| c.chunks(BLOCK).map(|block| u64::from(sum(block))).sum()),
            constant: channels.map(|c| differ(c) == 0),
            black: black.map(|n| n as usize).sum(),
        }
    }
}

/// The step at which at most `most` of `len` things are looked at.
fn step(len: usize, most: usize) -> usize {
    len.div_ceil(most).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Xyz;
    use crate::scene::Points;

    fn scene(n: usize, faces: Vec<[u32; 3]>) -> Scene {
        let ramp: Vec<f32> = (0..n).map(|i| i as f32).collect();
        let position = Xyz { x: ramp.clone(), y: ramp.clone(), z: ramp };
        Scene { points: Points { position, ..Points::default() }, faces, ..Scene::default() }
    }

    #[test]
    fn far_vertices_do_not_move_the_core() {
        let mut scene = scene(1000, vec![]);
        scene.points.position.x[7] = 1e9;
        scene.points.position.y[9] = f32::NAN;
        let geometry = Geometry::new(&scene);
        let core = geometry.core();
        assert!(core.min[0] > 5.0 && core.max[0] < 995.0 && core.size()[0] > 950.0, "{core:?}");
        let nowhere = Scene::default();
        assert!(Geometry::new(&nowhere).core().is_empty());
    }

    #[test]
    fn odd_triangles_are_counted_and_kept_out_of_the_sample() {
        let mut scene = scene(6, vec![[0, 1, 2], [2, 2, 1], [0, 1, 6], [u32::MAX, 3, 3], [0, 1, 4]]);
        scene.points.position.z[4] = f32::INFINITY;
        let geometry = Geometry::new(&scene);
        let Triangles { outside, degenerate, loose } = *geometry.triangles();
        assert_eq!((outside, degenerate, loose), (2, 2, 1));
        assert!(geometry.sample(9).eq([[0, 1, 2], [2, 2, 1], [0, 1, 4]]));
        assert!(geometry.sample(3).eq([[0, 1, 2], [0, 1, 4]]) && geometry.each(3) == 2);
        assert_eq!(geometry.corners([0, 1, 2]).map(|c| c[2]), Some([2.0; 3]));
        assert_eq!(geometry.corners([0, 1, 4]), None);
    }

    #[test]
    fn one_value_beyond_is_seen_in_any_block() {
        let mut column = vec![1.0; 2500];
        column[3] = f32::NAN;
        assert!(!any_beyond(&column, 0.0, 1.0) && !any_beyond(&[], 0.0, 1.0));
        column[2400] = -1.5;
        assert!(any_beyond(&column, 0.0, 1.0) && !any_beyond(&column, -0.5, 1.5));
    }

    #[test]
    fn colours_are_summed_by_channel() {
        let mut scene = scene(3, vec![]);
        scene.points.colour = Some(Colour { red: vec![0, 5, 5], green: vec![0, 0, 9], blue: vec![0; 3] });
        let colours = *Geometry::new(&scene).colours();
        assert_eq!((colours.count, colours.sums, colours.black), (3, [10, 9, 0], 1));
        assert_eq!(colours.constant, [false, false, true]);
    }
}
