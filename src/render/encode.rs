//! Pictures as files.

use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

use crate::error::{Error, Kind, Result};

/// A picture as the bytes of a PNG file.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(|e| wrong(&e))?;
    Ok(bytes)
}

/// Quality of a JPEG for pages that hold many: a quarter of a PNG's bytes.
pub const MANY: u8 = 78;

/// A picture as the bytes of a JPEG file, of a quality from 1 to 100.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).map_err(|e| wrong(&e))?;
    Ok(bytes)
}

fn wrong(error: &image::ImageError) -> Error {
    Error::new(Kind::Io, format!("cannot encode the picture: {error}"))
}
