//! Scenes to pictures: triangles with a depth buffer, dots where there are none.

use image::{Rgb, RgbImage};

use super::camera::{Camera, Size, Stage, View};
use super::canvas::{BACKGROUND, Canvas, NOTHING, place};
use super::paint::{Paint, colours};
use super::spacing::spacing;
use super::tags;
use crate::math::vertex_normals;
use crate::scene::{Frame, Scene};

/// What a picture shows, and how.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// Where it is seen from.
    pub view: View,
    /// How large the picture is.
    pub size: Size,
    /// What its colours say.
    pub paint: Paint,
    /// Objects to point out, with an outline that is seen through what hides them.
    pub targets: &'a [i32],
    /// Objects that could be taken for them.
    pub distractors: &'a [i32],
    /// Objects to name, and how.
    pub anchors: &'a [(i32, String)],
    /// Whether the picture shows the targets with what is around them rather than the whole scene.
    pub close: bool,
    /// Whether points may have been taken out of the mesh with their faces, so that dots are to fill the holes.
    pub fill: bool,
    /// How wide dots are, in metres, where what is missing is to be seen; else as wide as points are apart.
    pub dots: Option<f32>,
    /// What it shares with pictures that it is compared to.
    pub stage: Option<Stage>,
}

impl Look<'_> {
    /// The whole scene in its own colours.
    pub fn at(view: View, size: Size) -> Self {
        let (targets, distractors, anchors): (&[i32], &[i32], &[(i32, String)]) = (&[], &[], &[]);
        Self {
            view,
            size,
            paint: Paint::Rgb,
            targets,
            distractors,
            anchors,
            close: false,
            fill: false,
            dots: None,
            stage: None,
        }
    }
}

const TARGET: [u8; 3] = [255, 110, 0];
const OUTLINE: [u8; 3] = [214, 64, 0];
const DISTRACTOR: [u8; 3] = [40, 110, 255];
const ANCHOR: [u8; 3] = [0, 160, 110];
/// What is this much above the floor hides a room from above, in metres.
const CEILING_M: f64 = 2.1;

/// Draws a scene: vertex colours, soft light, the objects pointed out. Faces that turn away from the
/// eye are left out, so that a view from outside looks into the room; from the top what hangs
/// higher than a person is left out. A scene without faces is drawn as dots as wide as its points are
/// apart, which also fill the holes of one that has lost faces; one without a finite point is blank.
pub fn picture(scene: &Scene, look: &Look<'_>) -> RgbImage {
    let focus = if look.close { look.targets } else { &[] };
    let Some(camera) = Camera::on(look.stage, scene, look.view, look.size, focus) else {
        return blank(look.size);
    };
    let cut = (look.view == View::Top).then(|| ceiling(scene, &camera, look.targets));
    let mut drawing = Drawing::new(scene, &camera, &colours(scene, look.paint, look.targets), look, cut);
    drawing.canvas.shade_edges(camera.unit);
    drawing.point_out(look)
}

/// Draws two scenes side by side as one camera sees them that holds both, so that what moved has
/// moved in the picture. Each is at most `size` pixels wide and high.
pub fn pair(scenes: [&Scene; 2], view: View, size: u32) -> RgbImage {
    let mut both = Scene { frame: Frame::raw(None), ..Scene::default() };
    for (axis, all) in both.points.position.axes_mut().into_iter().enumerate() {
        all.extend(scenes.iter().flat_map(|scene| scene.points.position.axes()[axis]));
    }
    let size = Size::Longer(size);
    let Some(camera) = Camera::fit(&both, view, size, &[]) else {
        let one = blank(size);
        return RgbImage::from_pixel(2 * one.width(), one.height(), Rgb(BACKGROUND));
    };
    let mut picture = RgbImage::new(2 * camera.width, camera.height);
    let look = Look { dots: Some(spacing(&scenes[0].points.position)), ..Look::at(view, size) };
    for (scene, left) in scenes.into_iter().zip([0, i64::from(camera.width)]) {
        let colours = colours(scene, Paint::Rgb, &[]);
        let drawing = Drawing::new(scene, &camera, &colours, &look, None);
        image::imageops::replace(&mut picture, &drawing.canvas.picture(), left, 0);
    }
    picture
}

fn blank(size: Size) -> RgbImage {
    let [w, h] = size.most();
    RgbImage::from_pixel(w, h, Rgb(BACKGROUND))
}

/// The height above which a picture from the top shows nothing: above a person's head, and above
/// what is looked at.
fn ceiling(scene: &Scene, camera: &Camera, targets: &[i32]) -> f64 {
    let points = &scene.points;
    let height = |i: usize| camera.height_of(points.position.get(i));
    let stride = (points.len() / 4096).max(1);
    let mut sample: Vec<f64> =
        (0..points.len()).step_by(stride).map(height).filter(|z| z.is_finite()).collect();
    sample.sort_by(f64::total_cmp);
    let floor = sample.get(sample.len() / 50).copied().unwrap_or(0.0);
    let of_target = |&i: &usize| points.object.get(i).is_some_and(|id| targets.contains(id));
    let top = if targets.is_empty() {
        f64::NEG_INFINITY
    } else {
        (0..points.len()).filter(of_target).map(height).fold(f64::NEG_INFINITY, f64::max)
    };
    (floor + CEILING_M).max(top + 0.05)
}

/// Cosine between a face's normal and the direction to the eye; not positive for back faces.
pub(super) fn facing([a, b, c]: [[f32; 3]; 3], to_eye: [f64; 3]) -> f32 {
    let edge = |p: [f32; 3]| -> [f64; 3] { std::array::from_fn(|k| f64::from(p[k]) - f64::from(a[k])) };
    let (u, v) = (edge(b), edge(c));
    let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    cosine(n, to_eye)
}

/// Cosine between two directions; 0 where one has no length.
fn cosine(n: [f64; 3], to_eye: [f64; 3]) -> f32 {
    let dot = |p: [f64; 3], q: [f64; 3]| p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
    let length = libm::sqrt(dot(n, n) * dot(to_eye, to_eye));
    if length > 0.0 { (dot(n, to_eye) / length) as f32 } else { 0.0 }
}

/// A scene on its canvas.
struct Drawing<'a> {
    scene: &'a Scene,
    canvas: Canvas,
    /// Pixels that the targets would take if nothing hid them.
    mask: Vec<bool>,
}

impl<'a> Drawing<'a> {
    fn new(
        scene: &'a Scene,
        camera: &Camera,
        colours: &[[u8; 3]],
        look: &Look<'_>,
        cut: Option<f64>,
    ) -> Self {
        let points = &scene.points;
        let pixels: Vec<[f32; 3]> =
            (0..points.len()).map(|i| camera.project(points.position.get(i))).collect();
        let is_cut = |i: usize| cut.is_some_and(|cut| camera.height_of(points.position.get(i)) > cut);
        let targets = look.targets;
        let of_target =
            |i: usize| !targets.is_empty() && points.object.get(i).is_some_and(|id| targets.contains(id));
        let colour = |i: usize| colours[i].map(f32::from);
        // Vertex colours hold the light of the scan already: shape is only lifted out of them.
        let dark = if look.paint == Paint::Rgb { 0.8 } else { 0.55 };
        let mut canvas = Canvas::new(camera);
        let mut mask = vec![false; canvas.vertex.len()];
        let mut drawn = 0_usize;
        for face in &scene.faces {
            let corners = face.map(|i| i as usize);
            if corners.iter().any(|&i| i >= pixels.len()) {
                continue;
            }
            let q = corners.map(|i| pixels[i]);
            if q.iter().flatten().any(|v| !v.is_finite()) {
                continue;
            }
            drawn += 1;
            if of_target(corners[0]) {
                canvas.covered(q, |_, at, _| mask[at] = true);
            }
            let p = corners.map(|i| points.position.get(i));
            let facing = facing(p, camera.to_eye(p[0]));
            if facing <= 0.0 || corners.into_iter().all(is_cut) {
                continue;
            }
            let light = dark + (1.0 - dark) * facing;
            canvas.triangle(q, corners.map(|i| colour(i).map(|v| v * light)), corners[0] as u32);
        }
        // A whole mesh has nearly two faces a vertex. Where points were taken out of it, the faces that were theirs
        // are gone, and dots fill the holes.
        if drawn == 0 || look.fill && drawn * 2 < points.len() * 3 {
            let apart = look.dots.unwrap_or_else(|| spacing(&points.position));
            let normals = (drawn > 0).then(|| vertex_normals(&points.position, &scene.faces));
            let normals = points.normal.as_ref().filter(|n| n.len() == points.len()).or(normals.as_ref());
            // Where there are faces they are seen rather than the dots beside them.
            let widest = camera.width.max(camera.height) as f32 / 50.0;
            let (width, behind) = if drawn > 0 { (1.1, apart / camera.unit) } else { (0.6, 0.0) };
            for (i, &p) in pixels.iter().enumerate().filter(|(_, p)| p.iter().all(|v| v.is_finite())) {
                let reach = apart * camera.pixels_per_metre(p[2]) * width - 0.25;
                let radius = libm::roundf(reach.clamp(0.0, widest)) as i64;
                let light = normals.map_or(1.0, |normals| {
                    let normal = normals.get(i).map(f64::from);
                    let facing = cosine(normal, camera.to_eye(points.position.get(i)));
                    if facing > 0.0 { dark + (1.0 - dark) * facing } else { 0.0 }
                });
                if light > 0.0 && !is_cut(i) {
                    canvas.patch(p, radius, behind, colour(i).map(|v| v * light), i as u32);
                }
                if of_target(i) {
                    let [x, y] = [p[0], p[1]].map(place);
                    for (dx, dy) in
                        (-radius..=radius).flat_map(|dx| (-radius..=radius).map(move |dy| (dx, dy)))
                    {
                        if let Some(at) = canvas.at(x + dx, y + dy) {
                            mask[at] = true;
                        }
                    }
                }
            }
        }
        Self { scene, canvas, mask }
    }

    /// The object that is seen at a pixel.
    fn object(&self, at: usize) -> Option<i32> {
        let vertex = self.canvas.vertex[at];
        if vertex == NOTHING { None } else { self.scene.points.object.get(vertex as usize).copied() }
    }

    /// Tints, outlines and names the objects of a look.
    fn point_out(mut self, look: &Look<'_>) -> RgbImage {
        let (width, height) = (self.canvas.width, self.canvas.height);
        // Of each anchor: sums of x and y, and number, of the pixels where it is seen.
        let mut seen = vec![[0_i64; 3]; look.anchors.len()];
        let anchor = |object: Option<i32>| look.anchors.iter().position(|(id, _)| object == Some(*id));
        for at in (0..self.mask.len()).filter(|_| !look.anchors.is_empty()) {
            if let Some(i) = anchor(self.object(at)) {
                for (sum, add) in seen[i].iter_mut().zip([at as i64 % width, at as i64 / width, 1]) {
                    *sum += add;
                }
            }
        }
        // A floor that is tinted would drown the rest.
        let is_small = |i: usize| seen[i][2] * 8 < width * height;
        for at in 0..self.mask.len() {
            let (x, y) = (at as i64 % width, at as i64 / width);
            let object = self.object(at);
            let is = |ids: &[i32]| object.is_some_and(|id| ids.contains(&id));
            let mix = |with: [u8; 3], share: f32, colour: &mut [f32; 3]| {
                for (c, w) in colour.iter_mut().zip(with) {
                    *c = *c * (1.0 - share) + f32::from(w) * share;
                }
            };
            let colour = &mut self.canvas.colour[at];
            if is(look.targets) {
                mix(TARGET, if look.paint == Paint::Mask { 0.2 } else { 0.65 }, colour);
            } else if self.mask[at] {
                // Hidden: hatched.
                mix(TARGET, if (x + y) % 4 < 2 { 0.45 } else { 0.1 }, colour);
            } else if is(look.distractors) {
                mix(DISTRACTOR, 0.4, colour);
            } else if anchor(object).is_some_and(is_small) {
                mix(ANCHOR, 0.35, colour);
            }
        }
        // Thin on small pictures.
        let reach = if width.min(height) < 400 { 1 } else { 2 };
        let near = |x: i64, y: i64| {
            (-reach..=reach)
                .flat_map(|dx| (-reach..=reach).map(move |dy| (dx, dy)))
                .any(|(dx, dy)| self.canvas.at(x + dx, y + dy).is_some_and(|at| self.mask[at]))
        };
        let outline: Vec<usize> = (0..self.mask.len())
            .filter(|&at| !self.mask[at] && near(at as i64 % width, at as i64 / width))
            .collect();
        for at in outline {
            self.canvas.colour[at] = OUTLINE.map(f32::from);
        }
        let mut picture = self.canvas.picture();
        // What is hardly seen cannot be told from its neighbours.
        let named = look.anchors.iter().zip(seen).filter(|(_, [.., n])| *n >= 12);
        let names: Vec<(String, [i64; 2])> =
            named.map(|((_, name), [x, y, n])| (name.clone(), [x / n, y / n])).collect();
        tags::write(&mut picture, &names);
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Xyz;
    use crate::render::{best_side, png};
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

    fn raster(scene: &Scene, view: View, size: u32, target: Option<i32>) -> RgbImage {
        picture(scene, &Look { targets: target.as_slice(), ..Look::at(view, Size::Longer(size)) })
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
        assert!((100..700).contains(&outline), "{outline}");
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

    #[test]
    fn what_is_hidden_is_outlined_all_the_same_and_others_are_tinted_and_named() {
        let look = |targets: &'static [i32]| Look { targets, ..Look::at(View::Top, Size::Longer(100)) };
        // The plate at half a metre hides the third object below it.
        let mut scene = scene();
        for (x, y) in [(-0.2, -0.2), (0.2, -0.2), (0.2, 0.2)] {
            scene.points.position.push([x, y, 0.2]);
            scene.points.colour.as_mut().unwrap().push([0, 200, 0]);
            scene.points.object.push(2);
        }
        scene.faces.push([8, 9, 10]);
        let hidden = picture(&scene, &look(&[2]));
        assert!(hidden.pixels().filter(|p| p.0 == OUTLINE).count() > 30);
        let tinted = picture(&scene, &Look { distractors: &[1], ..look(&[]) });
        let [r, _, b] = tinted.get_pixel(50, 50).0;
        assert!(r < 180 && b > 80, "{r} {b}");
        let anchors = [(1, "plate".to_owned())];
        let named = picture(&scene, &Look { anchors: &anchors, ..look(&[]) });
        assert!(named.pixels().any(|p| p.0 == [0, 70, 50]));
    }

    #[test]
    fn from_the_top_the_ceiling_is_cut_unless_it_is_what_is_looked_at() {
        let mut scene = scene();
        for z in &mut scene.points.position.z[4..] {
            *z = 2.5;
        }
        assert_eq!(raster(&scene, View::Top, 100, None).get_pixel(50, 50).0, [0, 0, 200]);
        assert!(raster(&scene, View::Top, 100, Some(1)).get_pixel(50, 50).0[0] > 200);
    }

    #[test]
    fn an_eye_sees_what_is_before_it_and_nothing_behind() {
        let eye = |lookat| View::Eye { position: [0.0, 0.0, 1.5], lookat };
        let down = raster(&scene(), eye([0.01, 0.0, 0.0]), 100, None);
        assert_eq!((down.width(), down.height()), (100, 75));
        assert!(down.get_pixel(50, 37).0[0] > 150, "{:?}", down.get_pixel(50, 37));
        let up = raster(&scene(), eye([0.0, 0.01, 3.0]), 100, None);
        assert!(up.pixels().all(|p| p.0 == BACKGROUND));
        let nowhere = raster(&scene(), eye([0.0, 0.0, 1.5]), 100, None);
        assert!(nowhere.pixels().all(|p| p.0 == BACKGROUND));
    }

    #[test]
    fn the_best_side_is_that_from_which_a_wall_does_not_hide_the_target() {
        // A plate that faces west, and a wide wall west of it that faces west, too.
        let mut scene = Scene { frame: Frame::raw(None), ..Scene::default() };
        for (id, x, half) in [(0_i32, 0.0, 0.4), (1, -0.5, 3.0)] {
            let first = scene.points.len() as u32;
            for (y, z) in [(half, 0.0), (-half, 0.0), (-half, 2.0 * half), (half, 2.0 * half)] {
                scene.points.position.push([x, y, z]);
                scene.points.object.push(id);
            }
            scene.faces.extend([[first, first + 2, first + 1], [first, first + 3, first + 2]]);
            scene.faces.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
        }
        let View::Side(side) = best_side(&scene, &[0]) else { panic!("a side") };
        assert!([0, 1, 7].contains(&side), "east, not behind the wall: {side}");
        assert_eq!(best_side(&scene, &[9]), best_side(&Scene::default(), &[]));
    }

    #[test]
    fn a_point_far_off_does_not_make_a_speck_of_the_room() {
        let mut scene = Scene { frame: Frame::raw(None), ..Scene::default() };
        for i in 0..2000_i16 {
            scene.points.position.push([f32::from(i % 50) / 10.0, f32::from(i / 50) / 10.0, 0.0]);
        }
        scene.points.position.push([1e30, -1e30, 0.0]);
        scene.points.object = vec![1; scene.points.len()];
        // So large that dots have a width.
        let seen = raster(&scene, View::Top, 400, Some(1)).pixels().filter(|p| p.0 != BACKGROUND).count();
        assert!(seen > 20_000, "{seen}");
    }

    #[test]
    fn odd_scenes_are_drawn_in_every_way_or_blank() {
        let mut one = Scene { frame: Frame::raw(None), ..Scene::default() };
        one.points.position.push([1.0, 2.0, 3.0]);
        let mut faceless = scene();
        faceless.faces.clear();
        faceless.points.colour = None;
        let mut far = scene();
        far.points.position.x[0] = f32::MAX;
        far.points.position.y[5] = f32::NAN;
        far.points.position.z[6] = f32::NEG_INFINITY;
        let eye = View::Eye { position: [f64::NAN, 0.0, 0.0], lookat: [0.0; 3] };
        for scene in [&one, &faceless, &far, &Scene::default()] {
            for view in [View::Top, View::Iso, View::Side(3), eye, best_side(scene, &[1])] {
                for paint in [Paint::Rgb, Paint::Object, Paint::Label, Paint::Superpoint, Paint::Mask] {
                    let look =
                        Look { paint, targets: &[1], close: true, ..Look::at(view, Size::Exactly(40, 30)) };
                    assert_eq!(picture(scene, &look).dimensions(), (40, 30));
                }
            }
        }
        assert!(raster(&one, View::Iso, 64, None).pixels().any(|p| p.0 != BACKGROUND), "a dot");
    }
}
