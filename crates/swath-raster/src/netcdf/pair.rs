use hdf5_reader::error::{Error, Result};
use hdf5_reader::{Datatype, H5Type};

/// A compound of two numbers of one type, in the file's order: real and imaginary part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair<T>(pub [T; 2]);

impl<T: H5Type> H5Type for Pair<T> {
    fn hdf5_type() -> Datatype {
        T::hdf5_type()
    }
    fn from_bytes(bytes: &[u8], dtype: &Datatype) -> Result<Self> {
        let Datatype::Compound { fields, .. } = dtype else {
            return Err(Error::InvalidData("a compound of two numbers is expected".to_owned()));
        };
        let part = |at: usize| {
            let field = fields.get(at).ok_or_else(|| Error::InvalidData("a compound of two numbers is expected".to_owned()))?;
            let from = usize::try_from(field.byte_offset).unwrap_or(usize::MAX);
            let bytes = bytes.get(from..).ok_or_else(|| Error::InvalidData("a field lies outside its compound".to_owned()))?;
            T::from_bytes(bytes, &field.datatype)
        };
        Ok(Self([part(0)?, part(1)?]))
    }
    fn element_size(dtype: &Datatype) -> usize {
        match dtype {
            Datatype::Compound { size, .. } => usize::try_from(*size).unwrap_or(usize::MAX),
            _ => 0,
        }
    }
}
