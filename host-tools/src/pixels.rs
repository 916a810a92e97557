//! Image files become the raw pixels that a net takes: rows from the top, red first.
//!
//! A grey net gets the luma of a coloured image, a coloured net gets a grey image three times; a net of
//! four channels gets the alpha channel as the fourth, opaque where a file has none, and for others it
//! is dropped. The orientation tag of a camera is not followed, as in
//! the usual training pipelines. An image of another size is resized to the net's, without regard
//! to its proportions, by a triangle filter: bilinear, with the filter widened when it shrinks,
//! so that no pixel is skipped (what Pillow calls `BILINEAR`).

use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::imageops::{FilterType, resize};
use image::{DynamicImage, ImageReader};
use tidbit::ImageShape;

use crate::Error;

/// Loads images for a net; may be used from many threads.
#[derive(Debug)]
pub struct Loader {
    shape: ImageShape,
    resized: AtomicUsize,
}

impl Loader {
    /// For a net that takes images of this shape.
    ///
    /// # Errors
    /// [`Error::Channels`] if no image file has its channels.
    pub fn new(shape: ImageShape) -> Result<Self, Error> {
        match shape.channels {
            1 | 3 | 4 => Ok(Self {
                shape,
                resized: AtomicUsize::new(0),
            }),
            channels => Err(Error::Channels { channels }),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Image`].
    pub fn load(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read {
            path: path.into(),
            source,
        })?;
        // The content says what it is, not the file's name.
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
        let image = reader
            .map_err(image::ImageError::from)
            .and_then(ImageReader::decode);
        let image = image.map_err(|error| Error::Image {
            path: path.into(),
            reason: error.to_string(),
        })?;
        Ok(self.fit(&image))
    }

    /// The pixels of an image in the net's size and channels.
    fn fit(&self, image: &DynamicImage) -> Vec<u8> {
        let (width, height) = (u32::from(self.shape.width), u32::from(self.shape.height));
        let fits = (image.width(), image.height()) == (width, height);
        if !fits {
            self.resized.fetch_add(1, Ordering::Relaxed);
        }
        let filter = FilterType::Triangle;
        match (self.shape.channels, fits) {
            (1, true) => image.to_luma8().into_raw(),
            (1, false) => resize(&image.to_luma8(), width, height, filter).into_raw(),
            (4, true) => image.to_rgba8().into_raw(),
            (4, false) => resize(&image.to_rgba8(), width, height, filter).into_raw(),
            (_, true) => image.to_rgb8().into_raw(),
            (_, false) => resize(&image.to_rgb8(), width, height, filter).into_raw(),
        }
    }

    /// How many images were resized, as a sentence; `None` if none was.
    pub fn notice(&self) -> Option<String> {
        let ImageShape { height, width, .. } = self.shape;
        match self.resized.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(format!(
                "1 image was resized to {width} x {height} (bilinear)"
            )),
            count => Some(format!(
                "{count} images were resized to {width} x {height} (bilinear)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Loader;
    use crate::Error;
    use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
    use tidbit::ImageShape;

    fn loader(height: u16, width: u16, channels: u16) -> Loader {
        Loader::new(ImageShape {
            height,
            width,
            channels,
        })
        .unwrap()
    }

    #[test]
    fn coloured_pixels_come_red_first() {
        let image = RgbImage::from_fn(2, 1, |x, _| Rgb([10, 20, 30 + x as u8]));
        let loader = loader(1, 2, 3);
        assert_eq!(
            loader.fit(&DynamicImage::from(image)),
            [10, 20, 30, 10, 20, 31]
        );
        assert_eq!(loader.notice(), None);
    }

    #[test]
    fn grey_and_colour_become_what_the_net_takes() {
        let grey = DynamicImage::from(GrayImage::from_pixel(1, 1, Luma([77])));
        assert_eq!(loader(1, 1, 1).fit(&grey), [77]);
        assert_eq!(loader(1, 1, 3).fit(&grey), [77, 77, 77]);
        let clear = DynamicImage::from(RgbaImage::from_pixel(1, 1, Rgba([9, 8, 7, 0])));
        assert_eq!(loader(1, 1, 3).fit(&clear), [9, 8, 7]);
        assert_eq!(loader(1, 1, 1).fit(&clear), [8]);
        assert_eq!(loader(1, 1, 4).fit(&clear), [9, 8, 7, 0]);
        assert_eq!(loader(1, 1, 4).fit(&grey), [77, 77, 77, 255]);
    }

    #[test]
    fn another_size_is_resized_and_told() {
        let loader = loader(1, 2, 1);
        let image = GrayImage::from_fn(4, 2, |x, _| Luma([if x < 2 { 0 } else { 200 }]));
        let pixels = loader.fit(&DynamicImage::from(image));
        assert!(pixels[0] < 60 && pixels[1] > 140, "{pixels:?}");
        assert_eq!(
            loader.notice().unwrap(),
            "1 image was resized to 2 x 1 (bilinear)"
        );
    }

    #[test]
    fn a_file_that_is_no_image_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("broken.png");
        std::fs::write(&path, "no image").unwrap();
        let error = loader(1, 1, 3).load(&path).unwrap_err();
        assert!(matches!(&error, Error::Image { .. }));
        assert!(error.to_string().contains("broken.png"), "{error}");
        assert!(matches!(
            loader(1, 1, 3).load(dir.path()),
            Err(Error::Read { .. })
        ));
    }

    #[test]
    fn a_jpeg_by_the_name_of_a_png_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("photo.png");
        let image = RgbImage::from_pixel(8, 8, Rgb([200, 100, 50]));
        image
            .save_with_format(&path, image::ImageFormat::Jpeg)
            .unwrap();
        assert_eq!(loader(8, 8, 3).load(&path).unwrap().len(), 192);
    }

    #[test]
    fn two_channels_are_in_no_file() {
        let shape = ImageShape {
            height: 1,
            width: 1,
            channels: 2,
        };
        assert!(matches!(
            Loader::new(shape),
            Err(Error::Channels { channels: 2 })
        ));
    }
}
