//! Faults of cameras.

use serde_json::Value;

use super::{Fault, Files, Plant, Planted, Setting};
use crate::error::Result;
use crate::synth::files::cameras_file;

/// Changes the first camera of the first scan, which has the first description.
fn first_camera(files: &Files<'_>, change: impl FnOnce(&mut Value)) -> Result<Planted> {
    let (scan, name) = (files.first(), cameras_file(&files.first().id));
    files.json(&name, |cameras| change(&mut cameras[0]))?;
    Ok(Planted::scene(&scan.id).object(scan.said[0].object).ann(scan.said[0].ann).file(&name))
}

/// All of them, by code.
pub(super) const FAULTS: [Fault; 3] = [UNKNOWN_ANNOTATION, OUTSIDE_ROOM, OUT_OF_VIEW];

const UNKNOWN_ANNOTATION: Fault = Fault {
    code: "CAM101",
    what: "a camera is of an annotation that is not there",
    plant: Plant::With(Setting::Cameras, |files| {
        Ok(first_camera(files, |camera| camera["ann_id"] = "99".into())?.ann(99))
    }),
};

const OUTSIDE_ROOM: Fault = Fault {
    code: "CAM102",
    what: "a camera is a hundred metres away",
    plant: Plant::With(Setting::Cameras, |files| {
        first_camera(files, |camera| camera["camera"]["position"][0] = 100.0.into())
    }),
};

const OUT_OF_VIEW: Fault = Fault {
    code: "CAM103",
    what: "a camera is turned round",
    plant: Plant::With(Setting::Cameras, |files| {
        first_camera(files, |camera| {
            let number = |v: &Value| v.as_f64().unwrap_or_default();
            for axis in 0..3 {
                let [at, to] = ["position", "lookat"].map(|key| number(&camera["camera"][key][axis]));
                camera["camera"]["lookat"][axis] = (2.0 * at - to).into();
            }
        })
    }),
};
