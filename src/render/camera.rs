//! Where a picture is taken from.

use nalgebra::{Matrix3, Vector3};

use crate::math::Affine;
use crate::scene::Scene;

/// How a scene is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    /// Straight down; north of the aligned frame is up.
    Top,
    /// From above a corner, without perspective. Walls between the eye and the room are seen
    /// through.
    Iso,
    /// From above a side, without perspective: one of [`View::SIDES`] sides, counted
    /// counter-clockwise from east. Walls are seen through likewise.
    Side(u8),
    /// As someone sees it who stands in the room, in the raw frame.
    Eye {
        /// Where the eye is.
        position: [f64; 3],
        /// The point that it looks at.
        lookat: [f64; 3],
    },
}

impl View {
    /// Number of sides that a scene can be looked at from.
    pub const SIDES: u8 = 8;

    /// Rows right, down and away of what is seen without perspective.
    fn axes(self) -> Option<Matrix3<f64>> {
        match self {
            Self::Top => Some(Matrix3::new(1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0)),
            Self::Iso => towards(Vector3::new(-0.55, 0.62, -0.78)),
            Self::Side(side) => {
                let turn = f64::from(side) * core::f64::consts::TAU / f64::from(Self::SIDES);
                towards(Vector3::new(-libm::cos(turn), -libm::sin(turn), -0.75))
            }
            Self::Eye { .. } => None,
        }
    }
}

/// How large a picture is, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// The longer side; the other one fits what is seen.
    Longer(u32),
    /// Width and height.
    Exactly(u32, u32),
}

impl Size {
    /// The picture that can hold anything.
    pub(super) fn most(self) -> [u32; 2] {
        let (w, h) = match self {
            Self::Longer(side) => (side, side),
            Self::Exactly(w, h) => (w, h),
        };
        [w.clamp(16, 8192), h.clamp(16, 8192)]
    }
}

/// The map to the frame in which a scene's walls are parallel to the axes, as far as it is known.
pub fn level(scene: &Scene) -> Affine {
    // Moved points are no longer where the alignment expects them.
    let unmoved = scene.frame.applied == Some(Affine::IDENTITY);
    scene.frame.axis_alignment.filter(|_| unmoved).unwrap_or(Affine::IDENTITY)
}

/// From where to where nearly all of the values that are finite lie, with some room.
pub(super) fn nearly_all(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let mut values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let (first, end) = (values[last / 500], values[last - last / 500]);
    let room = ((end - first) * 0.1).max(0.01);
    Some([first - room, end + room])
}

/// What pictures of several scenes share, so that they can be compared: a frame, and how many metres they
/// are wide and high. Each scene stands in the middle of its picture.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    frame: Affine,
    extent: [f64; 2],
}

impl Stage {
    /// The stage of scenes made of the first, in its frame, that holds each of them as a view shows it.
    /// `None` when no scene has a finite point, or the view is that of an eye.
    pub fn of<'a>(scenes: impl IntoIterator<Item = &'a Scene>, view: View) -> Option<Self> {
        let mut scenes = scenes.into_iter().peekable();
        let frame = level(scenes.peek()?);
        let to_view = frame.then(&Affine::linear(view.axes()?));
        let extent = scenes.filter_map(|scene| whole(scene, &to_view)).fold(None, |most, (min, max)| {
            let own = [max[0] - min[0], max[1] - min[1]];
            Some(most.map_or(own, |most: [f64; 2]| [most[0].max(own[0]), most[1].max(own[1])]))
        });
        extent.filter(|e| e.iter().all(|v| v.is_finite())).map(|extent| Self { frame, extent })
    }
}

/// Points that tell where nearly all lie.
const SAMPLE: usize = 8_000;
/// Half of the angle that an eye sees.
const HALF_SIGHT_DEG: f64 = 35.0;
/// What is nearer to an eye than this, in metres, is not drawn.
const NEAR_M: f64 = 0.1;

/// Scene → pixels, with depth growing away from the eye.
#[derive(Clone, Debug)]
pub(super) struct Camera {
    map: Affine,
    /// Pixels per metre at a distance of one metre, and the middle of the picture: of an eye only.
    lens: Option<[f64; 3]>,
    eye: Eye,
    /// Metres that a unit of depth is.
    pub unit: f32,
    /// What the height of a point is made of: factors of its coordinates, and a shift.
    up: [f64; 4],
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Copy, Debug)]
enum Eye {
    /// Direction from the scene to the eye.
    Far([f64; 3]),
    At([f64; 3]),
}

impl Camera {
    /// A camera that fits the whole scene into a picture, or the objects of `focus` with what is
    /// around them. `None` when the scene has no finite point, or the eye no line of sight.
    pub(super) fn fit(scene: &Scene, view: View, size: Size, focus: &[i32]) -> Option<Self> {
        Self::on(None, scene, view, size, focus)
    }

    /// The same on a stage that other pictures share.
    pub(super) fn on(
        stage: Option<Stage>,
        scene: &Scene,
        view: View,
        size: Size,
        focus: &[i32],
    ) -> Option<Self> {
        let frame = match (view, stage) {
            // Eyes are in the raw frame.
            (View::Eye { .. }, _) => Affine::IDENTITY,
            (_, Some(stage)) => stage.frame,
            (_, None) => level(scene),
        };
        let linear = &frame.linear;
        let up = [linear[(2, 0)], linear[(2, 1)], linear[(2, 2)], frame.shift.z];
        if let View::Eye { position, lookat } = view {
            return Self::eye(position, lookat, size, up);
        }
        let look = view.axes()?;
        let to_view = frame.then(&Affine::linear(look));
        let near = if focus.is_empty() { None } else { bounds(scene, &to_view, Some(focus)) };
        let (mut min, mut max) = match near {
            Some(near) => around(near),
            None => whole(scene, &to_view)?,
        };
        if let (Some(stage), None) = (stage, near) {
            for a in 0..2 {
                let middle = f64::midpoint(min[a], max[a]);
                let half = stage.extent[a] / 2.0;
                (min[a], max[a]) = (middle - half, middle + half);
            }
        }
        let [w, h] = [max[0] - min[0], max[1] - min[1]];
        if !(w.is_finite() && h.is_finite()) {
            return None;
        }
        let most = size.most();
        let margin = f64::from(most[0].max(most[1])) * 0.02;
        let fits = |axis: usize, extent: f64| (f64::from(most[axis]) - 2.0 * margin) / extent.max(1e-9);
        let scale = match size {
            Size::Longer(_) => fits(0, w.max(h)),
            Size::Exactly(..) => fits(0, w).min(fits(1, h)),
        };
        let pixels = |axis: usize, extent: f64| match size {
            Size::Longer(_) => ((extent * scale + 2.0 * margin) as u32).clamp(16, most[axis]),
            Size::Exactly(..) => most[axis],
        };
        let [width, height] = [pixels(0, w), pixels(1, h)];
        // What is smaller than the picture lies in its middle.
        let shift = |axis: usize, extent: f64, pixels: u32| match size {
            Size::Longer(_) => margin - min[axis] * scale,
            Size::Exactly(..) => (f64::from(pixels) - extent * scale) / 2.0 - min[axis] * scale,
        };
        let map = to_view.then(&Affine::scaling([scale; 3])).then(&Affine::translation([
            shift(0, w, width),
            shift(1, h, height),
            -min[2] * scale,
        ]));
        let eye = -(linear.transpose() * look.row(2).transpose());
        let (eye, unit) = (Eye::Far([eye.x, eye.y, eye.z]), (1.0 / scale) as f32);
        Some(Self { map, lens: None, eye, unit, up, width, height })
    }

    fn eye(position: [f64; 3], lookat: [f64; 3], size: Size, up: [f64; 4]) -> Option<Self> {
        let look = towards(Vector3::from(lookat) - Vector3::from(position))?;
        let [width, height] = match size {
            Size::Longer(side) => [side.clamp(16, 8192), (side * 3 / 4).clamp(16, 8192)],
            Size::Exactly(..) => size.most(),
        };
        let [x, y] = [width, height].map(|pixels| f64::from(pixels) / 2.0);
        let focal = x / libm::tan(HALF_SIGHT_DEG.to_radians());
        let map = Affine::translation(position.map(|v| -v)).then(&Affine::linear(look));
        let lens = Some([focal, x, y]);
        Some(Self { map, lens, eye: Eye::At(position), unit: 1.0, up, width, height })
    }

    /// Pixel coordinates and depth of a point; NaN behind the eye.
    pub(super) fn project(&self, point: [f32; 3]) -> [f32; 3] {
        let [x, y, z] = self.map.apply(point.map(f64::from));
        match self.lens {
            None => [x as f32, y as f32, z as f32],
            Some(_) if z < NEAR_M => [f32::NAN; 3],
            Some([focal, cx, cy]) => [(cx + focal * x / z) as f32, (cy + focal * y / z) as f32, z as f32],
        }
    }

    /// The direction from a point to the eye.
    pub(super) fn to_eye(&self, point: [f32; 3]) -> [f64; 3] {
        match self.eye {
            Eye::Far(direction) => direction,
            Eye::At(eye) => std::array::from_fn(|a| eye[a] - f64::from(point[a])),
        }
    }

    /// How high a point is in the frame of the picture.
    pub(super) fn height_of(&self, point: [f32; 3]) -> f64 {
        let [x, y, z] = point.map(f64::from);
        self.up[0] * x + self.up[1] * y + self.up[2] * z + self.up[3]
    }

    /// Pixels that a metre takes at a depth.
    pub(super) fn pixels_per_metre(&self, depth: f32) -> f32 {
        self.lens.map_or(1.0 / self.unit, |[focal, ..]| focal as f32 / depth)
    }
}

/// Rows: right, down, away.
fn towards(away: Vector3<f64>) -> Option<Matrix3<f64>> {
    let away = away.try_normalize(1e-9).filter(|v| v.iter().all(|c| c.is_finite()))?;
    // Straight up and down there is no horizon to go by.
    let right = away.cross(&Vector3::z()).try_normalize(1e-6).unwrap_or(Vector3::x());
    let down = away.cross(&right);
    Some(Matrix3::from_rows(&[right.transpose(), down.transpose(), away.transpose()]))
}

/// The box of the finite points of a scene in a view, or of those of some objects.
fn bounds(scene: &Scene, to_view: &Affine, focus: Option<&[i32]>) -> Option<([f64; 3], [f64; 3])> {
    let (mut min, mut max) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    let (position, object) = (&scene.points.position, &scene.points.object);
    for i in 0..position.len() {
        if focus.is_some_and(|focus| !object.get(i).is_some_and(|id| focus.contains(id))) {
            continue;
        }
        let p = to_view.apply(position.get(i).map(f64::from));
        if p.iter().all(|v| v.is_finite()) {
            for a in 0..3 {
                min[a] = min[a].min(p[a]);
                max[a] = max[a].max(p[a]);
            }
        }
    }
    (max[0] >= min[0]).then_some((min, max))
}

/// The box of nearly all points: a few that are far off do not make a speck of the rest.
fn whole(scene: &Scene, to_view: &Affine) -> Option<([f64; 3], [f64; 3])> {
    let (mut min, mut max) = bounds(scene, to_view, None)?;
    let position = &scene.points.position;
    let stride = (position.len() / SAMPLE).max(1);
    for a in 0..3 {
        let sample = (0..position.len()).step_by(stride);
        let seen = sample.map(|i| to_view.apply(position.get(i).map(f64::from))[a]);
        if let Some([from, to]) = nearly_all(seen) {
            (min[a], max[a]) = (min[a].max(from), max[a].min(to));
        }
    }
    (max[0] >= min[0]).then_some((min, max))
}

/// A box around what is looked at that shows what it stands beside.
fn around((min, max): ([f64; 3], [f64; 3])) -> ([f64; 3], [f64; 3]) {
    const LEAST_M: f64 = 1.0;
    let half = [0, 1].map(|a| (max[a] - min[a]) / 2.0);
    let reach = (half[0].max(half[1]) * 1.5 + 0.4).max(LEAST_M);
    let (mut low, mut high) = (min, max);
    for a in 0..2 {
        let middle = f64::midpoint(min[a], max[a]);
        (low[a], high[a]) = (middle - reach, middle + reach);
    }
    (low, high)
}
