//! Compression ahead of time: it takes seconds once, so that the server never spends any.

use std::io::Write;

use anyhow::Result;

/// A file in the forms that browsers accept.
pub(crate) struct Compressed {
    pub(crate) brotli: Vec<u8>,
    pub(crate) gzip: Vec<u8>,
}

/// Compresses `content` as well as the formats allow.
pub(crate) fn compress(content: &[u8]) -> Result<Compressed> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut brotli = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut brotli, &parameters)?;

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(content)?;
    Ok(Compressed { brotli, gzip: gzip.finish()? })
}
