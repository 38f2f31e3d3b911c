//! Triangles to pixels with a depth buffer.

use image::{ImageEncoder as _, Rgb, RgbImage};

use super::camera::{Camera, View};
use crate::error::{Error, Kind, Result};
use crate::scene::{Frame, Scene};

/// An object to point out.
pub type Highlight = Option<i32>;

const BACKGROUND: [u8; 3] = [250, 250, 248];
const TINT: [f32; 3] = [255.0, 72.0, 32.0];
const OUTLINE: [u8; 3] = [220, 20, 10];
const NOTHING: u32 = u32::MAX;

/// Draws the scene with its vertex colours and soft light; `highlight` tints and outlines one
/// object. The longer side of the picture is `size` pixels. Faces that turn away from the eye are
/// left out, so that a corner view looks into the room; a scene without faces is drawn as dots.
pub fn raster(scene: &Scene, view: View, size: u32, highlight: Highlight) -> RgbImage {
    let Some(camera) = Camera::fit(scene, view, size) else {
        let side = size.clamp(16, 8192);
        return RgbImage::from_pixel(side, side, Rgb(BACKGROUND));
    };
    draw(scene, &camera, highlight)
}

/// Draws two scenes side by side as one camera sees them that holds both, so that what moved has
/// moved in the picture. Each is at most `size` pixels wide and high.
pub fn pair(scenes: [&Scene; 2], view: View, size: u32) -> RgbImage {
    let mut both = Scene { frame: Frame::raw(None), ..Scene::default() };
    for (axis, all) in both.points.position.axes_mut().into_iter().enumerate() {
        all.extend(scenes.iter().flat_map(|scene| scene.points.position.axes()[axis]));
    }
    let Some(camera) = Camera::fit(&both, view, size) else {
        let side = size.clamp(16, 8192);
        return RgbImage::from_pixel(2 * side, side, Rgb(BACKGROUND));
    };
    let mut picture = RgbImage::new(2 * camera.width, camera.height);
    for (scene, left) in scenes.into_iter().zip([0, i64::from(camera.width)]) {
        image::imageops::replace(&mut picture, &draw(scene, &camera, None), left, 0);
    }
    picture
}

fn draw(scene: &Scene, camera: &Camera, highlight: Highlight) -> RgbImage {
    let mut canvas = Canvas::new(camera);
    let points = &scene.points;
    let pixels: Vec<[f32; 3]> = (0..points.len()).map(|i| camera.project(points.position.get(i))).collect();
    let colour = |i: usize| points.colour.as_ref().map_or([168; 3], |c| c.get(i)).map(f32::from);
    for face in &scene.faces {
        let [a, b, c] = face.map(|i| i as usize);
        if a.max(b).max(c) >= pixels.len() {
            continue;
        }
        let (p, q) = ([a, b, c].map(|i| points.position.get(i)), [a, b, c].map(|i| pixels[i]));
        let facing = facing(p, camera.to_eye);
        if facing <= 0.0 || q.iter().flatten().any(|v| !v.is_finite()) {
            continue;
        }
        // Vertex colours hold the light of the scan already; this only lifts the shape out.
        let light = 0.8 + 0.2 * facing;
        canvas.triangle(q, [a, b, c].map(|i| colour(i).map(|v| v * light)), a as u32);
    }
    if scene.faces.is_empty() {
        for (i, p) in pixels.iter().enumerate().filter(|(_, p)| p.iter().all(|v| v.is_finite())) {
            canvas.pixel(p[0] as i64, p[1] as i64, p[2], colour(i), i as u32);
        }
    }
    let chosen =
        |vertex: u32| highlight.is_some() && points.object.get(vertex as usize).copied() == highlight;
    canvas.picture(chosen)
}

/// A picture as the bytes of a PNG file.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(picture.as_raw(), picture.width(), picture.height(), image::ExtendedColorType::Rgb8)
        .map_err(|e| Error::new(Kind::Io, format!("cannot encode the picture: {e}")))?;
    Ok(bytes)
}

/// Cosine between a face's normal and the direction to the eye; not positive for back faces.
fn facing([a, b, c]: [[f32; 3]; 3], to_eye: [f64; 3]) -> f32 {
    let edge = |p: [f32; 3]| -> [f64; 3] { std::array::from_fn(|k| f64::from(p[k]) - f64::from(a[k])) };
    let (u, v) = (edge(b), edge(c));
    let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    let dot = |p: [f64; 3], q: [f64; 3]| p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
    let length = libm::sqrt(dot(n, n));
    if length > 0.0 { (dot(n, to_eye) / length) as f32 } else { 0.0 }
}

struct Canvas {
    width: i64,
    height: i64,
    depth: Vec<f32>,
    colour: Vec<[f32; 3]>,
    /// A vertex of what is seen at each pixel.
    vertex: Vec<u32>,
}

impl Canvas {
    fn new(camera: &Camera) -> Self {
        let n = camera.width as usize * camera.height as usize;
        Self {
            width: i64::from(camera.width),
            height: i64::from(camera.height),
            depth: vec![f32::INFINITY; n],
            colour: vec![BACKGROUND.map(f32::from); n],
            vertex: vec![NOTHING; n],
        }
    }

    fn pixel(&mut self, x: i64, y: i64, depth: f32, colour: [f32; 3], vertex: u32) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let at = (y * self.width + x) as usize;
        if depth < self.depth[at] {
            self.depth[at] = depth;
            self.colour[at] = colour;
            self.vertex[at] = vertex;
        }
    }

    /// Fills the pixels whose middles a triangle covers, depth and colour interpolated.
    fn triangle(&mut self, [a, b, c]: [[f32; 3]; 3], colours: [[f32; 3]; 3], vertex: u32) {
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area == 0.0 {
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
                    let depth = w[0] * a[2] + w[1] * b[2] + w[2] * c[2];
                    let colour = std::array::from_fn(|k| (0..3).map(|i| w[i] * colours[i][k]).sum::<f32>());
                    self.pixel(x, y, depth, colour, vertex);
                }
            }
        }
    }

    fn picture(&self, chosen: impl Fn(u32) -> bool) -> RgbImage {
        let mine: Vec<bool> = self.vertex.iter().map(|&v| v != NOTHING && chosen(v)).collect();
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let at = (i64::from(y) * self.width + i64::from(x)) as usize;
            if mine[at] {
                let mixed = |k: usize| 0.45 * self.colour[at][k] + 0.55 * TINT[k];
                return Rgb(std::array::from_fn(|k| mixed(k).clamp(0.0, 255.0) as u8));
            }
            let near = |dx: i64, dy: i64| {
                let (u, v) = (i64::from(x) + dx, i64::from(y) + dy);
                u >= 0 && v >= 0 && u < self.width && v < self.height && mine[(v * self.width + u) as usize]
            };
            if (-2..=2).any(|dx| (-2..=2).any(|dy| near(dx, dy))) {
                return Rgb(OUTLINE);
            }
            Rgb(self.colour[at].map(|v| v.clamp(0.0, 255.0) as u8))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Xyz;
    use crate::scene::{Colour, Points};

    /// A blue floor of 2 m with a red plate of 1 m above its middle.
    fn scene() -> Scene {
        let (mut position, mut colour) = (Xyz::default(), Colour::default());
        let mut object = vec![];
        for (id, half, z, rgb) in [(0, 1.0, 0.0, [0, 0, 200]), (1, 0.5, 0.5, [200, 0, 0])] {
            for (x, y) in [(-half, -half), (half, -half), (half, half), (-half, half)] {
                position.push([x, y, z]);
                colour.push(rgb);
                object.push(id);
            }
        }
        let points = Points { position, colour: Some(colour), object, ..Points::default() };
        let faces = vec![[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7], [0, 1, 99]];
        Scene { points, faces, frame: Frame::raw(None), ..Scene::default() }
    }

    #[test]
    fn what_is_above_hides_what_is_below() {
        let picture = raster(&scene(), View::Top, 100, None);
        assert_eq!((picture.width(), picture.height()), (100, 100));
        assert_eq!(picture.get_pixel(50, 50).0, [200, 0, 0]);
        assert_eq!(picture.get_pixel(10, 50).0, [0, 0, 200]);
        assert_eq!(picture.get_pixel(0, 0).0, BACKGROUND);
    }

    #[test]
    fn the_highlighted_object_is_outlined_and_others_are_not() {
        let picture = raster(&scene(), View::Top, 100, Some(1));
        let outline = picture.pixels().filter(|p| p.0 == OUTLINE).count();
        assert!((200..700).contains(&outline), "{outline}");
        assert_eq!(picture.get_pixel(10, 50).0, [0, 0, 200]);
    }

    #[test]
    fn a_pair_shows_that_something_moved() {
        let (before, mut after) = (scene(), scene());
        for x in &mut after.points.position.x {
            *x += 2.0;
        }
        // 4 m in 100 pixels: the left half of the first picture, the right half of the second.
        let picture = pair([&before, &after], View::Top, 100);
        assert_eq!(picture.width(), 200);
        let seen = |x| picture.get_pixel(x, picture.height() / 2).0 != BACKGROUND;
        assert_eq!([25, 75, 125, 175].map(seen), [true, false, false, true]);
        assert_eq!(pair([&Scene::default(), &Scene::default()], View::Iso, 20).width(), 40);
    }

    #[test]
    fn a_scene_that_cannot_be_drawn_is_blank() {
        let picture = raster(&Scene::default(), View::Iso, 64, None);
        assert!(picture.pixels().all(|p| p.0 == BACKGROUND));
        let mut hostile = scene();
        hostile.points.position.x[1] = f32::NAN;
        let bytes = png(&raster(&hostile, View::Iso, 64, None)).unwrap();
        assert_eq!(&bytes[1..4], b"PNG");
    }
}
