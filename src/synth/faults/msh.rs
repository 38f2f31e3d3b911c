//! Faults of meshes.

use super::{Fault, Plant, Planted, scan_file};
use crate::math::Affine;
use crate::scene::{Colour, Frame, Role, Scene};
use crate::synth::ply;

pub(super) const NOT_FINITE: Fault = Fault {
    code: "MSH101",
    what: "one coordinate is not a number",
    plant: Plant::Scan(|scan| {
        scan.scene.points.position.y[17] = f32::NAN;
        in_mesh(&scan.scene)
    }),
};

pub(super) const FACE_OUT_OF_RANGE: Fault = Fault {
    code: "MSH102",
    what: "one triangle points at a vertex past the last",
    plant: Plant::Scan(|scan| {
        scan.scene.faces[30][1] = scan.scene.points.len() as u32;
        in_mesh(&scan.scene)
    }),
};

pub(super) const TINY_SCAN: Fault = Fault {
    code: "MSH103",
    what: "a mesh has no vertices",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        let empty = ply::mesh(&Scene::default(), false)?;
        files.bytes(&scan_file(id, Role::Mesh), |bytes| *bytes = empty)?;
        Ok(Planted::role(id, Role::Mesh))
    }),
};

pub(super) const BAD_ALIGNMENT: Fault = Fault {
    code: "MSH110",
    what: "an axis alignment doubles all lengths",
    plant: Plant::Scan(|scan| {
        realign(&mut scan.scene, &Affine::scaling([2.0; 3]));
        Planted::role(&scan.scene.id, Role::Meta)
    }),
};

pub(super) const LABEL_COUNT: Fault = Fault {
    code: "MSH112",
    what: "the labels mesh lacks its last vertex",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.bytes(&scan_file(id, Role::Labels), |bytes| {
            let (start, vertices) = body(bytes);
            let end = start + vertices * LABELS_ROW;
            bytes.drain(end - LABELS_ROW..end);
            let header = String::from_utf8_lossy(&bytes[..start]);
            let header =
                header.replace(&format!("{VERTICES}{vertices}"), &format!("{VERTICES}{}", vertices - 1));
            bytes.splice(..start, header.into_bytes());
        })?;
        Ok(Planted::role(id, Role::Labels))
    }),
};

pub(super) const LABEL_POSITIONS: Fault = Fault {
    code: "MSH113",
    what: "one vertex of the labels mesh is moved",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.bytes(&scan_file(id, Role::Labels), |bytes| {
            let x = body(bytes).0 + 9 * LABELS_ROW;
            bytes[x..x + 4].copy_from_slice(&12.5_f32.to_le_bytes());
        })?;
        Ok(Planted::role(id, Role::Labels))
    }),
};

pub(super) const NOT_METRES: Fault = Fault {
    code: "MSH201",
    what: "a scan is in centimetres",
    plant: Plant::Scan(|scan| {
        Affine::scaling([100.0; 3]).apply_to(&mut scan.scene.points.position);
        in_mesh(&scan.scene)
    }),
};

pub(super) const NOT_UPRIGHT: Fault = Fault {
    code: "MSH202",
    what: "a scan has y up",
    plant: Plant::Scan(|scan| {
        Affine::rotation(0, -90.0).apply_to(&mut scan.scene.points.position);
        in_mesh(&scan.scene)
    }),
};

pub(super) const FAR_VERTICES: Fault = Fault {
    code: "MSH203",
    what: "three vertices are 200 m off",
    plant: Plant::Scan(|scan| {
        scan.scene.points.position.x[40..43].fill(200.0);
        in_mesh(&scan.scene)
    }),
};

pub(super) const FLAT_COLOURS: Fault = Fault {
    code: "MSH204",
    what: "a mesh is gray all over",
    plant: Plant::Scan(|scan| {
        paint(&mut scan.scene, |_| [128; 3]);
        in_mesh(&scan.scene)
    }),
};

pub(super) const LABEL_COLOURS: Fault = Fault {
    code: "MSH205",
    what: "each object of a mesh has one colour",
    plant: Plant::Scan(|scan| {
        let object = scan.scene.points.object.clone();
        paint(&mut scan.scene, |i| [17, 29, 43].map(|k| (k * (object[i] + 2)) as u8));
        in_mesh(&scan.scene)
    }),
};

pub(super) const DUPLICATE_VERTICES: Fault = Fault {
    code: "MSH206",
    what: "every twentieth vertex lies on the one before it",
    plant: Plant::Scan(|scan| {
        for axis in scan.scene.points.position.axes_mut() {
            (1..axis.len()).step_by(20).for_each(|i| axis[i] = axis[i - 1]);
        }
        in_mesh(&scan.scene)
    }),
};

pub(super) const LOOSE_PARTS: Fault = Fault {
    code: "MSH207",
    what: "every twentieth triangle names a vertex twice",
    plant: Plant::Scan(|scan| {
        scan.scene.faces.iter_mut().step_by(20).for_each(|f| f[2] = f[1]);
        in_mesh(&scan.scene)
    }),
};

pub(super) const SWAPPED_CHANNELS: Fault = Fault {
    code: "MSH208",
    what: "red and blue of all meshes are swapped",
    plant: Plant::Files(|files| {
        for scan in files.scans {
            files.bytes(&scan_file(&scan.id, Role::Mesh), |bytes| {
                let (start, vertices) = body(bytes);
                let rows = bytes[start..].chunks_exact_mut(MESH_ROW).take(vertices);
                rows.for_each(|row| row.swap(RED, BLUE));
            })?;
        }
        Ok(Planted::somewhere())
    }),
};

pub(super) const NO_ALIGNMENT: Fault = Fault {
    code: "MSH209",
    what: "a scan has no axis alignment",
    plant: Plant::Files(|files| {
        let id = &files.first().id;
        files.bytes(&scan_file(id, Role::Meta), |bytes| {
            let end = bytes.iter().position(|&b| b == b'\n').map_or(0, |i| i + 1);
            bytes.drain(..end);
        })?;
        Ok(Planted::role(id, Role::Meta))
    }),
};

pub(super) const TILTED_ALIGNMENT: Fault = Fault {
    code: "MSH211",
    what: "an axis alignment tilts by ten degrees",
    plant: Plant::Scan(|scan| {
        realign(&mut scan.scene, &Affine::rotation(0, 10.0));
        Planted::role(&scan.scene.id, Role::Meta)
    }),
};

/// Bytes of a vertex in a mesh and in a labels mesh, and of which its red and blue are.
const MESH_ROW: usize = 16;
const LABELS_ROW: usize = 18;
const RED: usize = 12;
const BLUE: usize = 14;
/// What stands before the number of vertices in the header.
const VERTICES: &str = "element vertex ";

/// Where the rows of a made mesh start, and how many vertices they are.
fn body(bytes: &[u8]) -> (usize, usize) {
    let end = b"end_header\n";
    let start = bytes.windows(end.len()).position(|w| w == end).map_or(bytes.len(), |i| i + end.len());
    let header = String::from_utf8_lossy(&bytes[..start]);
    let vertices = header.lines().find_map(|l| l.strip_prefix(VERTICES)?.parse().ok());
    (start, vertices.unwrap_or(0))
}

fn in_mesh(scene: &Scene) -> Planted {
    Planted::role(&scene.id, Role::Mesh)
}

/// Adds `more` to what a scene's alignment does.
fn realign(scene: &mut Scene, more: &Affine) {
    scene.frame = Frame::raw(scene.frame.axis_alignment.map(|a| a.then(more)));
}

/// Colours each vertex.
fn paint(scene: &mut Scene, colour_of: impl Fn(usize) -> [u8; 3]) {
    for (channel, column) in scene.points.colour.iter_mut().flat_map(Colour::channels_mut).enumerate() {
        column.iter_mut().enumerate().for_each(|(i, value)| *value = colour_of(i)[channel]);
    }
}
