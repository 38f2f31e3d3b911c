//! Pixels with depth.

use image::{Rgb, RgbImage};

use super::camera::Camera;

pub(super) const BACKGROUND: [u8; 3] = [250, 250, 248];
/// The vertex of a pixel that shows nothing.
pub(super) const NOTHING: u32 = u32::MAX;

/// The pixel of a coordinate; what is far out of the picture stays out of it, and in numbers that can
/// be added to.
pub(super) fn place(coordinate: f32) -> i64 {
    libm::floorf(coordinate.clamp(-1e6, 1e6)) as i64
}

/// What is seen at each pixel, row by row.
pub(super) struct Canvas {
    pub width: i64,
    pub height: i64,
    depth: Vec<f32>,
    pub colour: Vec<[f32; 3]>,
    /// A vertex of what is seen.
    pub vertex: Vec<u32>,
}

impl Canvas {
    pub(super) fn new(camera: &Camera) -> Self {
        let n = camera.width as usize * camera.height as usize;
        Self {
            width: i64::from(camera.width),
            height: i64::from(camera.height),
            depth: vec![f32::INFINITY; n],
            colour: vec![BACKGROUND.map(f32::from); n],
            vertex: vec![NOTHING; n],
        }
    }

    /// Where a pixel stands in the columns.
    pub(super) fn at(&self, x: i64, y: i64) -> Option<usize> {
        (x >= 0 && y >= 0 && x < self.width && y < self.height).then(|| (y * self.width + x) as usize)
    }

    fn pixel(&mut self, at: usize, depth: f32, colour: [f32; 3], vertex: u32) {
        if depth < self.depth[at] {
            self.depth[at] = depth;
            self.colour[at] = colour;
            self.vertex[at] = vertex;
        }
    }

    /// A square dot that reaches `radius` pixels from its middle.
    pub(super) fn dot(&mut self, middle: [f32; 3], radius: i64, colour: [f32; 3], vertex: u32) {
        self.patch(middle, radius, 0.0, colour, vertex);
    }

    /// A square dot where all that is there is deeper by more than `behind`.
    pub(super) fn patch(
        &mut self,
        [x, y, depth]: [f32; 3],
        radius: i64,
        behind: f32,
        colour: [f32; 3],
        vertex: u32,
    ) {
        let [x, y] = [x, y].map(place);
        for y in y - radius..=y + radius {
            for x in x - radius..=x + radius {
                if let Some(at) = self.at(x, y).filter(|&at| depth + behind < self.depth[at]) {
                    self.pixel(at, depth, colour, vertex);
                }
            }
        }
    }

    /// Fills the pixels whose middles a triangle covers, depth and colour interpolated.
    pub(super) fn triangle(&mut self, corners: [[f32; 3]; 3], colours: [[f32; 3]; 3], vertex: u32) {
        self.covered(corners, |canvas, at, w| {
            let depth = (0..3).map(|i| w[i] * corners[i][2]).sum();
            let colour = std::array::from_fn(|k| (0..3).map(|i| w[i] * colours[i][k]).sum::<f32>());
            canvas.pixel(at, depth, colour, vertex);
        });
    }

    /// Calls `each` with every pixel whose middle a triangle covers, and the weights of the corners
    /// there.
    pub(super) fn covered(
        &mut self,
        [a, b, c]: [[f32; 3]; 3],
        mut each: impl FnMut(&mut Self, usize, [f32; 3]),
    ) {
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area == 0.0 || !area.is_finite() {
            return;
        }
        let low = |k: usize| libm::floorf(a[k].min(b[k]).min(c[k])) as i64;
        let high = |k: usize| libm::ceilf(a[k].max(b[k]).max(c[k])) as i64;
        for y in low(1).max(0)..=high(1).min(self.height - 1) {
            for x in low(0).max(0)..=high(0).min(self.width - 1) {
                let p = [x as f32 + 0.5, y as f32 + 0.5];
                let side = |u: [f32; 3], v: [f32; 3]| {
                    ((v[0] - u[0]) * (p[1] - u[1]) - (v[1] - u[1]) * (p[0] - u[0])) / area
                };
                let w = [side(b, c), side(c, a), side(a, b)];
                // A hair of tolerance: no pinholes between neighbours.
                if w.iter().all(|&v| v >= -1e-4) {
                    let at = (y * self.width + x) as usize;
                    each(self, at, w);
                }
            }
        }
    }

    /// Darkens what lies deeper than what is beside it, `unit` metres a unit of depth: edges and
    /// corners stand out also where all is of one colour.
    pub(super) fn shade_edges(&mut self, unit: f32) {
        const STRENGTH_PER_M: f32 = 0.9;
        let shade = |x: i64, y: i64, at: usize| {
            let mut deeper = 0.0;
            for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-2, 0), (2, 0), (0, -2), (0, 2)] {
                if let Some(beside) = self.at(x + dx, y + dy).filter(|&b| self.depth[b].is_finite()) {
                    deeper += ((self.depth[at] - self.depth[beside]) * unit - 0.02).clamp(0.0, 0.5);
                }
            }
            1.0 / (1.0 + STRENGTH_PER_M * deeper)
        };
        let mut shades = vec![1.0_f32; self.depth.len()];
        for y in 0..self.height {
            for x in 0..self.width {
                let at = (y * self.width + x) as usize;
                if self.vertex[at] != NOTHING {
                    shades[at] = shade(x, y, at).max(0.55);
                }
            }
        }
        for (colour, shade) in self.colour.iter_mut().zip(shades) {
            *colour = colour.map(|c| c * shade);
        }
    }

    pub(super) fn picture(&self) -> RgbImage {
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let at = (i64::from(y) * self.width + i64::from(x)) as usize;
            Rgb(self.colour[at].map(|v| v.clamp(0.0, 255.0) as u8))
        })
    }
}
