use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::thousandths;
use crate::scene::Role;

rule! {
    /// An axis alignment turns about more than the upright axis.
    ///
    /// # What it checks
    /// That `axisAlignment` leaves up as up: the third row and the third column of its rotation are
    /// 0 0 1 to a thousandth. One that is not a rotation at all is MSH110. Evidence: `tilt`, the angle
    /// between up before and after, in degrees.
    ///
    /// # Why it matters
    /// Nothing is wrong with it as a matrix, but official scans are upright already, and code of the
    /// field takes the alignment for a turn about z: it reads the yaw and drops the rest.
    ///
    /// # How to fix
    /// If the scan is your own, turn the mesh upright first and keep only the yaw for the alignment.
    /// If it is official, take the line from its official `.txt` file.
    ///
    /// # Known exceptions
    /// None: all 1,513 official train and val scans have a pure yaw.
    ///
    /// # Source
    /// `scans_axis_alignment_matrices.json` of <https://github.com/referit3d/referit3d>.
    TiltedAlignment { code: "MSH211", name: "tilted-alignment", severity: Info }
}

/// How far from upright rounding may take a matrix that is written with six digits.
const TOLERANCE: f64 = 1e-3;

impl Rule for TiltedAlignment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let Some(alignment) = scan.scan.scene.frame.axis_alignment else { return };
        let m = &alignment.linear;
        let level = [m[(2, 0)], m[(2, 1)], m[(0, 2)], m[(1, 2)]].iter().all(|v| v.abs() <= TOLERANCE);
        if alignment.rigidity_error() > TOLERANCE || (level && m[(2, 2)] > 0.0) {
            return;
        }
        let tilt = libm::acos(m[(2, 2)].clamp(-1.0, 1.0)).to_degrees();
        let message = format!("axisAlignment tilts up by {tilt:.1} degrees: it is not a turn about z alone");
        out.report(Draft::new(message).file(scan.path(Role::Meta)).evidence("tilt", thousandths(tilt)));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::math::Affine;
    use crate::scene::Frame;

    fn run(alignment: Affine) -> Vec<crate::audit::Finding> {
        let mut f = Fixture::clean();
        f.scan().scene.frame = Frame::raw(Some(alignment));
        f.run("MSH211")
    }

    #[test]
    fn fires_on_a_tilt_and_on_upside_down() {
        let tilted = Affine::rotation(2, 40.0).then(&Affine::rotation(0, 2.0));
        assert_eq!(run(tilted)[0].evidence["tilt"], 2.0);
        assert_eq!(run(Affine::rotation(0, 180.0))[0].evidence["tilt"], 180.0);
    }

    #[test]
    fn silent_on_yaw_and_on_what_msh110_reports() {
        assert_eq!(run(Affine::rotation(2, -100.0).then(&Affine::translation([1.0, 2.0, 3.0]))), []);
        assert_eq!(run(Affine::rotation(0, 9.0).then(&Affine::scaling([2.0; 3]))), []);
    }
}
