//! The only door to the C library PROJ.
//!
//! The safe crate `proj` lacks identification, axes, names and ids; it panics where PROJ returns no text, and each of its drops
//! runs `proj_cleanup`, which frees caches that other threads may be using. So the calls are wrapped here, once.
//!
//! Everything hangs on one PROJ context per thread. The handles hold raw pointers and an `Rc`, so the compiler keeps them on the
//! thread that made them.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::rc::Rc;

use proj_sys as c;

/// What sort of CRS PROJ found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Geographic,
    Projected,
    Vertical,
    Compound,
    Bound,
    /// Geocentric, engineering, derived projected and the like.
    Other,
    NotACrs,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// `north`, `east`, `up`, ...
    pub direction: String,
    pub unit: String,
    /// Metres or radians in one unit.
    pub unit_size: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Wkt {
    V2,
    V1Esri,
    V1Gdal,
}

struct Context {
    raw: *mut c::PJ_CONTEXT,
    /// What PROJ last complained of; its address is handed to PROJ, so it stays boxed.
    complaint: Box<RefCell<String>>,
}

thread_local! {
    static CONTEXT: Rc<Context> = Rc::new(Context::new());
}

/// Keeps PROJ's complaints for the error to come, instead of its habit of printing them.
unsafe extern "C" fn keep_complaint(data: *mut c_void, _level: c_int, message: *const c_char) {
    if data.is_null() || message.is_null() {
        return;
    }
    // SAFETY: `data` is the boxed cell of the context that calls, alive as long as the context; `message` is NUL-terminated.
    let (cell, message) = unsafe { (&*data.cast::<RefCell<String>>(), CStr::from_ptr(message)) };
    if let Ok(mut kept) = cell.try_borrow_mut() {
        *kept = message.to_string_lossy().into_owned();
    }
}

impl Context {
    fn new() -> Self {
        let complaint = Box::new(RefCell::new(String::new()));
        // SAFETY: plain construction; the cell outlives the context, see `Drop`.
        let raw = unsafe {
            let raw = c::proj_context_create();
            c::proj_log_level(raw, c::PJ_LOG_LEVEL_PJ_LOG_ERROR);
            c::proj_log_func(raw, ptr::from_ref::<RefCell<String>>(&complaint).cast_mut().cast(), Some(keep_complaint));
            raw
        };
        Self { raw, complaint }
    }
    fn clear(&self) {
        if let Ok(mut kept) = self.complaint.try_borrow_mut() {
            kept.clear();
        }
    }
    fn complaint(&self) -> String {
        let kept = self.complaint.try_borrow().map(|kept| kept.clone()).unwrap_or_default();
        if kept.is_empty() { "PROJ gives no reason".to_owned() } else { kept }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: every `Object` holds an `Rc` of its context, so no object is left; the cell is dropped after this.
        unsafe { c::proj_context_destroy(self.raw) };
    }
}

/// Text that PROJ owns, copied.
///
/// # Safety
/// `text` is null or NUL-terminated and alive.
unsafe fn copied(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// A CRS, a coordinate system or an operation in PROJ's memory.
pub(super) struct Object {
    raw: *mut c::PJ,
    context: Rc<Context>,
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: made by PROJ in `wrap`, owned here alone, destroyed once; its context is still alive.
        unsafe { c::proj_destroy(self.raw) };
    }
}

impl Object {
    fn wrap(context: &Rc<Context>, raw: *mut c::PJ) -> Option<Self> {
        if raw.is_null() { None } else { Some(Self { raw, context: Rc::clone(context) }) }
    }
    fn made(make: impl FnOnce(*mut c::PJ_CONTEXT) -> *mut c::PJ) -> Result<Self, String> {
        let context = CONTEXT.with(Rc::clone);
        context.clear();
        Self::wrap(&context, make(context.raw)).ok_or_else(|| context.complaint())
    }
    /// From anything PROJ takes: `EPSG:4326`, WKT, PROJJSON, a PROJ string.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = CString::new(text).map_err(|_| "the text holds a NUL".to_owned())?;
        // SAFETY: a live context and a NUL-terminated string.
        Self::made(|context| unsafe { c::proj_create(context, text.as_ptr()) })
    }
    pub fn kind(&self) -> Kind {
        // SAFETY: a live object.
        match unsafe { c::proj_get_type(self.raw) } {
            c::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_2D_CRS | c::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_3D_CRS => Kind::Geographic,
            c::PJ_TYPE_PJ_TYPE_PROJECTED_CRS => Kind::Projected,
            c::PJ_TYPE_PJ_TYPE_VERTICAL_CRS => Kind::Vertical,
            c::PJ_TYPE_PJ_TYPE_COMPOUND_CRS => Kind::Compound,
            c::PJ_TYPE_PJ_TYPE_BOUND_CRS => Kind::Bound,
            // SAFETY: a live object.
            _ if unsafe { c::proj_is_crs(self.raw) } != 0 => Kind::Other,
            _ => Kind::NotACrs,
        }
    }
    pub fn name(&self) -> String {
        // SAFETY: a live object; the text is copied before anything else happens to it.
        unsafe { copied(c::proj_get_name(self.raw)) }.unwrap_or_default()
    }
    /// Authority and code as the definition itself claims them.
    pub fn id(&self) -> Option<(String, String)> {
        // SAFETY: as for `name`.
        unsafe { Some((copied(c::proj_get_id_auth_name(self.raw, 0))?, copied(c::proj_get_id_code(self.raw, 0))?)) }
    }
    /// What a bound CRS binds, or what a projected or derived one is built on.
    pub fn source(&self) -> Option<Self> {
        // SAFETY: a live context and object.
        Self::wrap(&self.context, unsafe { c::proj_get_source_crs(self.context.raw, self.raw) })
    }
    /// Part `index` of a compound CRS.
    pub fn part(&self, index: u8) -> Option<Self> {
        // SAFETY: a live context and object; PROJ checks the index.
        Self::wrap(&self.context, unsafe { c::proj_crs_get_sub_crs(self.context.raw, self.raw, c_int::from(index)) })
    }
    pub fn axes(&self) -> Vec<Axis> {
        // SAFETY: a live context and object.
        let system = unsafe { c::proj_crs_get_coordinate_system(self.context.raw, self.raw) };
        let Some(system) = Self::wrap(&self.context, system) else { return Vec::new() };
        // SAFETY: a live coordinate system.
        let count = unsafe { c::proj_cs_get_axis_count(self.context.raw, system.raw) };
        (0..count).filter_map(|index| system.axis(index)).collect()
    }
    fn axis(&self, index: c_int) -> Option<Axis> {
        let (mut direction, mut unit, mut unit_size) = (ptr::null(), ptr::null(), 0.0);
        // SAFETY: a live coordinate system; the texts belong to it and are copied at once; null means 'not wanted'.
        unsafe {
            let no = ptr::null_mut();
            if c::proj_cs_get_axis_info(self.context.raw, self.raw, index, no, no, &mut direction, &mut unit_size, &mut unit, no, no) == 0 {
                return None;
            }
            Some(Axis { direction: copied(direction)?, unit: copied(unit).unwrap_or_default(), unit_size })
        }
    }
    /// On one line; `None` where the CRS cannot be said in that dialect.
    pub fn wkt(&self, wkt: Wkt) -> Option<String> {
        let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
        let dialect = match wkt {
            Wkt::V2 => c::PJ_WKT_TYPE_PJ_WKT2_2019,
            Wkt::V1Esri => c::PJ_WKT_TYPE_PJ_WKT1_ESRI,
            Wkt::V1Gdal => c::PJ_WKT_TYPE_PJ_WKT1_GDAL,
        };
        // SAFETY: a live context and object, options closed by null.
        unsafe { copied(c::proj_as_wkt(self.context.raw, self.raw, dialect, options.as_ptr())) }
    }
    pub fn projjson(&self) -> Option<String> {
        let options = [c"MULTILINE=NO".as_ptr(), ptr::null()];
        // SAFETY: as for `wkt`.
        unsafe { copied(c::proj_as_projjson(self.context.raw, self.raw, options.as_ptr())) }
    }
    /// The same CRS with x or longitude as its first axis.
    pub fn x_first(&self) -> Option<Self> {
        // SAFETY: a live context and object.
        Self::wrap(&self.context, unsafe { c::proj_normalize_for_visualization(self.context.raw, self.raw) })
    }
    /// Whether both mean the same, whatever their names; latitude and longitude may be swapped.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        let criterion = c::PJ_COMPARISON_CRITERION_PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS;
        // SAFETY: a live context and two live objects.
        unsafe { c::proj_is_equivalent_to_with_ctx(self.context.raw, self.raw, other.raw, criterion) != 0 }
    }
    /// Entries of `authority` that this CRS may be, each with PROJ's confidence in percent, best first.
    pub fn identify(&self, authority: &str) -> Vec<(Self, i32)> {
        let Ok(authority) = CString::new(authority) else { return Vec::new() };
        let mut confidence: *mut c_int = ptr::null_mut();
        // SAFETY: a live context and object; PROJ gives as many confidences as the list has entries, and both are freed here.
        unsafe {
            let list = c::proj_identify(self.context.raw, self.raw, authority.as_ptr(), ptr::null(), &mut confidence);
            if list.is_null() {
                return Vec::new();
            }
            let mut found = Vec::new();
            for index in 0..c::proj_list_get_count(list) {
                let entry = Self::wrap(&self.context, c::proj_list_get(self.context.raw, list, index));
                if let (Some(entry), false, Ok(at)) = (entry, confidence.is_null(), usize::try_from(index)) {
                    found.push((entry, *confidence.add(at)));
                }
            }
            c::proj_int_list_destroy(confidence);
            c::proj_list_destroy(list);
            found
        }
    }
}

/// The way from one CRS to another, x or longitude first on both sides.
pub(super) struct Operation(Object);

impl Operation {
    pub fn between(from: &Object, to: &Object) -> Result<Self, String> {
        let raw = Object::made(|context| {
            // SAFETY: a live context and two live objects; no area, no options.
            unsafe { c::proj_create_crs_to_crs_from_pj(context, from.raw, to.raw, ptr::null_mut(), ptr::null()) }
        })?;
        // SAFETY: a live context and object.
        Object::made(|context| unsafe { c::proj_normalize_for_visualization(context, raw.raw) }).map(Self)
    }
    /// Moves each `[x, y]` in place; where there is no image both become infinite.
    pub fn forward(&self, points: &mut [[f64; 2]]) {
        let flat = points.as_flattened_mut();
        let count = flat.len() / 2;
        if count == 0 {
            return;
        }
        let (x, stride) = (flat.as_mut_ptr(), 2 * size_of::<f64>());
        // SAFETY: `x` and `x + 1` walk `count` pairs with a stride of two, all inside `flat`; no z and no t.
        unsafe {
            let (y, no) = (x.add(1), ptr::null_mut());
            c::proj_errno_reset(self.0.raw);
            c::proj_trans_generic(self.0.raw, c::PJ_DIRECTION_PJ_FWD, x, stride, count, y, stride, count, no, 0, 0, no, 0, 0);
        }
    }
    /// The box around the image of a box `[left, bottom, right, top]`; `left > right` where a geographic one crosses the antimeridian.
    pub fn bounds(&self, [left, bottom, right, top]: [f64; 4], densify: u16) -> Result<[f64; 4], String> {
        let mut out = [0.0; 4];
        let [out_left, out_bottom, out_right, out_top] = &mut out;
        self.0.context.clear();
        // SAFETY: a live context and operation, four places to write to.
        let done = unsafe {
            c::proj_errno_reset(self.0.raw);
            c::proj_trans_bounds(
                self.0.context.raw,
                self.0.raw,
                c::PJ_DIRECTION_PJ_FWD,
                left,
                bottom,
                right,
                top,
                out_left,
                out_bottom,
                out_right,
                out_top,
                c_int::from(densify),
            )
        };
        if done == 0 { Err(self.0.context.complaint()) } else { Ok(out) }
    }
}
