use pyo3::prelude::*;

/// The engine behind the package `swath`; its functions are no interface of their own.
#[pymodule]
mod _swath {
    #[pymodule_export]
    use crate::catalog::{Found, open, search};
    #[pymodule_export]
    use crate::material::{Material, material};
    #[pymodule_export]
    use crate::memory::Memory;
    #[pymodule_export]
    use crate::place::{crs_facts, project_points};
    #[pymodule_export]
    use crate::plan::Plan;
    #[pymodule_export]
    use crate::verbs::{build_plan, build_shard, items_due, merge_shards, use_threads};
    #[pymodule_export]
    use crate::verbs::{check_place, convert_cog, describe_file, init_plan, publish_build, run_command};
}
