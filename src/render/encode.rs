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

/// A picture as the bytes of a JPEG file: a quarter of a PNG's, for pages that hold many.
pub fn jpeg(picture: &RgbImage) -> Result<Vec<u8>> {
    const QUALITY: u8 = 78;
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(picture).map_err(|e| wrong(&e))?;
    Ok(bytes)
}

fn wrong(error: &image::ImageError) -> Error {
    Error::new(Kind::Io, format!("cannot encode the picture: {error}"))
}
