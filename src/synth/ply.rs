//! Meshes as ScanNet lays them out: binary little-endian, 16 bytes a vertex (18 with a label) and
//! 13 a face.

use ply_rs::ply::{
    Addable as _, ElementDef, Encoding, Header, PropertyAccess, PropertyDef, PropertyType, ScalarType,
};
use ply_rs::writer::Writer;

use crate::error::{Error, Result};
use crate::scene::Scene;

/// One vertex on its way into a file.
struct Vertex {
    position: [f32; 3],
    colour: [u8; 3],
    label: u16,
}

impl PropertyAccess for Vertex {
    fn new() -> Self {
        Self { position: [0.0; 3], colour: [0; 3], label: 0 }
    }

    fn get_float(&self, name: &str) -> Option<f32> {
        match name {
            "x" => Some(self.position[0]),
            "y" => Some(self.position[1]),
            "z" => Some(self.position[2]),
            _ => None,
        }
    }

    fn get_uchar(&self, name: &str) -> Option<u8> {
        match name {
            "red" => Some(self.colour[0]),
            "green" => Some(self.colour[1]),
            "blue" => Some(self.colour[2]),
            "alpha" => Some(255),
            _ => None,
        }
    }

    fn get_ushort(&self, name: &str) -> Option<u16> {
        (name == "label").then_some(self.label)
    }
}

/// One triangle on its way into a file.
struct Face([i32; 3]);

impl PropertyAccess for Face {
    fn new() -> Self {
        Self([0; 3])
    }

    fn get_list_int(&self, name: &str) -> Option<&[i32]> {
        (name == "vertex_indices").then_some(&self.0)
    }
}

/// The bytes of a scene's mesh, coloured as scanned. With `labels` it is the labels mesh: a nyu40
/// id per vertex, and colours that tell the labels apart.
pub(super) fn mesh(scene: &Scene, labels: bool) -> Result<Vec<u8>> {
    let points = &scene.points;
    let (vertex, face) = (vertex_element(points.len(), labels), face_element(scene.faces.len()));
    let mut header = Header::new();
    header.encoding = Encoding::BinaryLittleEndian;
    header.comments.push("made by dataprep synth".into());
    header.elements.add(vertex.clone());
    header.elements.add(face.clone());

    let mut bytes = Vec::with_capacity(400 + 18 * points.len() + 13 * scene.faces.len());
    let fault = |e: std::io::Error| Error::io("encode the mesh of", &scene.id, &e);
    let vertices = Writer::<Vertex>::new();
    vertices.write_header(&mut bytes, &header).map_err(fault)?;
    for i in 0..points.len() {
        let label = points.nyu40.get(i).copied().unwrap_or(0);
        let scanned = points.colour.as_ref().map_or([128; 3], |c| c.get(i));
        let colour = if labels { label_colour(label) } else { scanned };
        let row = Vertex { position: points.position.get(i), colour, label: u16::from(label) };
        vertices.write_little_endian_element(&mut bytes, &row, &vertex).map_err(fault)?;
    }
    let faces = Writer::<Face>::new();
    for f in &scene.faces {
        let row = Face(f.map(|i| i as i32));
        faces.write_little_endian_element(&mut bytes, &row, &face).map_err(fault)?;
    }
    Ok(bytes)
}

fn scalar(name: &str, scalar: ScalarType) -> PropertyDef {
    PropertyDef::new(name.into(), PropertyType::Scalar(scalar))
}

fn vertex_element(count: usize, labels: bool) -> ElementDef {
    let mut element = ElementDef::new("vertex".into());
    element.count = count;
    for name in ["x", "y", "z"] {
        element.properties.add(scalar(name, ScalarType::Float));
    }
    for name in ["red", "green", "blue", "alpha"] {
        element.properties.add(scalar(name, ScalarType::UChar));
    }
    if labels {
        element.properties.add(scalar("label", ScalarType::UShort));
    }
    element
}

fn face_element(count: usize) -> ElementDef {
    let mut element = ElementDef::new("face".into());
    element.count = count;
    let list = PropertyType::List(ScalarType::UChar, ScalarType::Int);
    element.properties.add(PropertyDef::new("vertex_indices".into(), list));
    element
}

/// A colour per label, dark grey for none.
fn label_colour(label: u8) -> [u8; 3] {
    if label == 0 {
        return [40; 3];
    }
    let mixed = u32::from(label).wrapping_mul(0x9e37_79b1);
    [24, 16, 8].map(|shift| 70 + ((mixed >> shift) & 0x7f) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Colour, Points};
    use ply_rs::parser::Parser;
    use ply_rs::ply::{DefaultElement, Property};

    #[test]
    fn the_library_reads_back_what_was_written_and_sizes_are_exact() {
        let mut points = Points::default();
        let mut colour = Colour::default();
        for i in 0..5_u8 {
            points.position.push([f32::from(i), 0.25, -1.5]);
            points.nyu40.push(i * 8);
            colour.push([i, 10 + i, 20 + i]);
        }
        points.colour = Some(colour);
        let scene = Scene { points, faces: vec![[0, 1, 2], [4, 3, 2]], ..Scene::default() };
        for (labels, stride) in [(false, 16), (true, 18)] {
            let bytes = mesh(&scene, labels).unwrap();
            let end = b"end_header\n";
            let header = bytes.windows(end.len()).position(|w| w == end).unwrap() + end.len();
            assert_eq!(bytes.len(), header + 5 * stride + 2 * 13);
            let ply = Parser::<DefaultElement>::new().read_ply(&mut bytes.as_slice()).unwrap();
            let vertex = &ply.payload["vertex"][3];
            assert_eq!(vertex["x"], Property::Float(3.0));
            assert_eq!(vertex["alpha"], Property::UChar(255));
            if labels {
                assert_eq!(vertex["label"], Property::UShort(24));
            } else {
                assert_eq!(vertex["green"], Property::UChar(13));
            }
            assert_eq!(ply.payload["face"][1]["vertex_indices"], Property::ListInt(vec![4, 3, 2]));
        }
    }
}
