use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::thousandths;
use crate::error::Kind;
use crate::scene::Role;

rule! {
    /// An axis alignment cannot be read, or is no turn and shift.
    ///
    /// # What it checks
    /// That `axisAlignment` in a scan's `.txt` file is 16 finite numbers, row by row, with the last row
    /// 0 0 0 1, and that it only turns and shifts: its rotation part times its transpose is the
    /// identity to a thousandth, and it does not mirror. Evidence, where it could be read: `error`,
    /// the largest difference from the identity; `determinant`, 1 for a turn and negative for a
    /// mirror.
    ///
    /// # Why it matters
    /// Trainers that align scans, and all that work with boxes, apply it without a look. A matrix that
    /// stretches or mirrors changes sizes, or left and right, for every sentence of the scan.
    ///
    /// # How to fix
    /// Take the line from the scan's official `.txt` file. If a program of yours wrote it, check that
    /// it wrote rows and not columns, and all 16 numbers.
    ///
    /// # Known exceptions
    /// None: all 1,513 official train and val scans have a rotation with determinant 1. A file
    /// without the line is MSH209.
    ///
    /// # Source
    /// `scans_axis_alignment_matrices.json` of <https://github.com/referit3d/referit3d>.
    BadAlignment { code: "MSH110", name: "bad-alignment", severity: Error }
}

/// How far from rigid rounding may take a matrix that is written with six digits.
const TOLERANCE: f64 = 1e-3;

impl Rule for BadAlignment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        // Nothing else in a meta file can be malformed.
        let faults = scan.scan.faults.iter().filter(|f| f.role == Role::Meta);
        for fault in faults.filter(|f| f.error.kind() == Kind::Malformed) {
            out.report(Draft::of_error(&fault.error));
        }
        let Some(alignment) = scan.scan.scene.frame.axis_alignment else { return };
        let (error, determinant) = (alignment.rigidity_error(), alignment.determinant());
        if error <= TOLERANCE && determinant > 0.0 {
            return;
        }
        let does = if error > TOLERANCE { "stretches" } else { "mirrors" };
        let message = format!("axisAlignment {does}: it is not a turn and a shift");
        let draft = Draft::new(message).file(scan.path(Role::Meta)).evidence("error", thousandths(error));
        out.report(draft.evidence("determinant", thousandths(determinant)));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::error::{Error, Kind, Place};
    use crate::math::Affine;
    use crate::scene::{Fault, Frame, Role};

    fn with(alignment: Affine) -> Fixture {
        let mut f = Fixture::clean();
        f.scan().scene.frame = Frame::raw(Some(alignment));
        f
    }

    #[test]
    fn fires_on_what_stretches_or_mirrors() {
        let found = with(Affine::scaling([1.0, 1.0, 1.01])).run("MSH110");
        assert_eq!(found[0].evidence["error"], 0.02);
        let found = with(Affine::scaling([-1.0, 1.0, 1.0])).run("MSH110");
        assert!(found[0].message.contains("mirrors") && found[0].evidence["determinant"] == -1.0);
    }

    #[test]
    fn an_unreadable_one_is_reported_once_and_by_this_rule() {
        let mut f = Fixture::clean();
        let error = Error::new(Kind::Malformed, "axisAlignment cannot be read").at("a.txt");
        let error = error.place(Place::Line { row: 1, column: 1 });
        f.scan().faults.push(Fault { role: Role::Meta, error });
        f.scan().scene.frame = Frame::raw(None);
        let found: Vec<_> = f.findings().into_iter().filter(|f| f.file.as_deref() == Some("a.txt")).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].code.as_str(), found[0].location.unwrap().row), ("MSH110", 1));
    }

    #[test]
    fn silent_on_any_turn_written_with_six_digits() {
        let turn = Affine::rotation(2, -77.7).then(&Affine::rotation(0, 12.3));
        let written = turn.to_row_major().map(|v| (v * 1e6).round() / 1e6);
        assert_eq!(with(Affine::from_row_major(written).unwrap()).run("MSH110"), []);
    }
}
