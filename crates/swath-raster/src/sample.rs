use bytemuck::Pod;
use serde::{Deserialize, Serialize};

macro_rules! sample_types {
    ($($variant:ident $ty:ty, $name:literal, $stac:literal;)*) => {
        /// The machine type of one sample.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum SampleType { $(#[serde(rename = $name)] $variant,)* }

        impl SampleType {
            pub const ALL: &'static [SampleType] = &[$(SampleType::$variant),*];
            /// Bytes of one sample.
            pub const fn size(self) -> usize {
                match self { $(SampleType::$variant => size_of::<$ty>(),)* }
            }
            /// numpy's name: `uint16`, `float32`, `complex64`.
            pub const fn name(self) -> &'static str {
                match self { $(SampleType::$variant => $name,)* }
            }
            /// STAC's `data_type`.
            pub const fn stac(self) -> &'static str {
                match self { $(SampleType::$variant => $stac,)* }
            }
        }

        /// Samples of one band in row-major order, in the machine's byte order.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Samples { $($variant(Vec<$ty>),)* }

        impl Samples {
            pub fn zeros(sample: SampleType, len: usize) -> Self {
                match sample { $(SampleType::$variant => Samples::$variant(vec![bytemuck::Zeroable::zeroed(); len]),)* }
            }
            /// Copies from native-endian bytes; trailing bytes that make no whole sample are dropped.
            pub fn from_bytes(sample: SampleType, bytes: &[u8]) -> Self {
                match sample { $(SampleType::$variant => Samples::$variant(collect(bytes)),)* }
            }
            pub fn sample_type(&self) -> SampleType {
                match self { $(Samples::$variant(_) => SampleType::$variant,)* }
            }
            /// Makes this `len` samples of a type, in the room it has where the type is the same; what they hold is left over.
            pub fn refit(&mut self, sample: SampleType, len: usize) {
                match self {
                    $(Samples::$variant(v) if sample == SampleType::$variant => v.resize(len, bytemuck::Zeroable::zeroed()),)*
                    other => *other = Self::zeros(sample, len),
                }
            }
            pub fn len(&self) -> usize {
                match self { $(Samples::$variant(v) => v.len(),)* }
            }
            pub fn is_empty(&self) -> bool { self.len() == 0 }
            pub fn as_bytes(&self) -> &[u8] {
                match self { $(Samples::$variant(v) => bytemuck::cast_slice(v),)* }
            }
            pub fn as_bytes_mut(&mut self) -> &mut [u8] {
                match self { $(Samples::$variant(v) => bytemuck::cast_slice_mut(v),)* }
            }
        }
    };
}

sample_types! {
    U8 u8, "uint8", "uint8";
    I8 i8, "int8", "int8";
    U16 u16, "uint16", "uint16";
    I16 i16, "int16", "int16";
    U32 u32, "uint32", "uint32";
    I32 i32, "int32", "int32";
    U64 u64, "uint64", "uint64";
    I64 i64, "int64", "int64";
    F32 f32, "float32", "float32";
    F64 f64, "float64", "float64";
    CI16 [i16; 2], "complex_int16", "cint16";
    CI32 [i32; 2], "complex_int32", "cint32";
    CF32 [f32; 2], "complex64", "cfloat32";
    CF64 [f64; 2], "complex128", "cfloat64";
}

fn collect<T: Pod>(bytes: &[u8]) -> Vec<T> {
    let whole = bytes.len() / size_of::<T>();
    let mut out = vec![T::zeroed(); whole];
    bytemuck::cast_slice_mut::<T, u8>(&mut out).copy_from_slice(&bytes[..whole * size_of::<T>()]);
    out
}

/// Runs one generic body over the real-valued variants of [`Samples`]; the complex ones take `$complex`.
///
/// ```
/// # use swath_raster::{Samples, with_real};
/// let samples = Samples::U16(vec![1, 2, 3]);
/// let sum = with_real!(&samples, v => v.iter().map(|&x| x as f64).sum::<f64>(), else f64::NAN);
/// assert_eq!(sum, 6.0);
/// ```
#[macro_export]
macro_rules! with_real {
    ($samples:expr, $v:ident => $body:expr, else $complex:expr) => {
        match $samples {
            $crate::Samples::U8($v) => $body,
            $crate::Samples::I8($v) => $body,
            $crate::Samples::U16($v) => $body,
            $crate::Samples::I16($v) => $body,
            $crate::Samples::U32($v) => $body,
            $crate::Samples::I32($v) => $body,
            $crate::Samples::U64($v) => $body,
            $crate::Samples::I64($v) => $body,
            $crate::Samples::F32($v) => $body,
            $crate::Samples::F64($v) => $body,
            _ => $complex,
        }
    };
}

impl SampleType {
    pub const fn is_complex(self) -> bool {
        matches!(self, Self::CI16 | Self::CI32 | Self::CF32 | Self::CF64)
    }
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
    pub const fn is_integer(self) -> bool {
        !self.is_complex() && !self.is_float()
    }
    /// From numpy's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }
}
