/// Lengths of chunks of about so many pixels.
pub fn even(total: u32, most: u32) -> Vec<u32> {
    let most = most.max(1);
    (0..total.div_ceil(most)).map(|i| most.min(total - i * most)).collect()
}
