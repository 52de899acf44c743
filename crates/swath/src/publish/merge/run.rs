use super::{Desk, Merge, adopt, make, tree};
use crate::Result;
use crate::publish::remote::Remote;

/// Reads what is there and merges the build into it.
///
/// # Errors
/// Damaged where a document that must be merged cannot be read; as reading from a store.
pub(in crate::publish) async fn merge<R: Remote>(desk: &Desk<'_, R>) -> Result<Merge> {
    let tree = tree::Tree::read(desk).await?;
    let mut merge = make::make(desk, &tree).await?;
    merge.adopted = adopt::adopt(desk, &tree, &merge.dropped).await?;
    Ok(merge)
}
