//! Pixels that Rust made and numpy looks at where they lie: the one place of this package with unsafe code.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use swath::raster::Samples;

/// Samples as Python's buffer protocol shows them: writable bytes, owned by this object. Of complex numbers both parts in turn.
#[pyclass(frozen, module = "swath._swath")]
pub struct Memory(Mutex<Samples>);

impl Memory {
    pub fn new(samples: Samples) -> Self {
        Self(Mutex::new(samples))
    }
}

#[pymethods]
impl Memory {
    /// # Safety
    /// Python calls it, with a view of its own to be filled.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let mut samples = slf.get().0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = samples.as_bytes_mut();
        let length = isize::try_from(bytes.len()).map_err(|_| PyBufferError::new_err("too long"))?;
        // SAFETY: the samples are never moved, resized or looked at by Rust again, and the view keeps this object alive.
        let failed = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), bytes.as_mut_ptr().cast(), length, 0, flags) };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
