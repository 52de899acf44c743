"""The types that the package names are those it has: for a type checker, and in the built module."""
import pathlib
import subprocess
import sys
import textwrap

import pytest

from support.run import environment

swath_py = pytest.importorskip("swath", reason="not run: the wheel is not installed; `make test` does it")
pytest.importorskip("mypy", reason="not run: mypy is not installed; `make test` does it")

PACKAGE = pathlib.Path(swath_py.__file__).parent


def checked(words, cwd):
    done = subprocess.run([sys.executable, "-m", *words], cwd=cwd, env=environment(None), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").exists() and (PACKAGE / "_swath.pyi").exists() and (PACKAGE / "__init__.pyi").exists()


def test_the_package_agrees_with_itself_and_a_program_is_told_its_types(tmp_path):
    (tmp_path / "program.py").write_text(textwrap.dedent("""
        import pathlib
        import swath
        from typing import Any, assert_type

        catalog = swath.open(pathlib.Path("published"))
        assert_type(catalog, swath.Catalog)
        found = catalog.search(bbox=(0, 0, 1, 1), datetime="2020", limit=3)
        assert_type(found, swath.Items)
        assert_type(found.matched, int)
        assert_type(found[0], dict[Any, Any])
        plan = swath.plan(found, ["red"], nodata=0, fuse_func="a.b")
        assert_type(plan.pin(), swath.Plan)
        assert_type(plan.cost(), dict[str, int])
        swath.load(found, "red", groupby="orbit", resampling={"*": "nearest"}, chunks={"x": 1, "y": "auto"}).mean()
        swath.stack(found, {"image/tiff"}, 32633, chunksize=(1, 1, 512, 512)).mean()
        swath.cog("a.tif", pathlib.Path("b.tif"), bidx=(1, 2))["size"]
        error: ValueError = swath.Misuse("words", where="here")
        swath.open(3)  # type: ignore[arg-type]
        swath.check("build", decode="yes")  # type: ignore[arg-type]
    """))
    flags = ["--warn-unused-ignores", "--check-untyped-defs", "--ignore-missing-imports", "--cache-dir", tmp_path / "cache"]
    # By its name: a folder among the installed packages would make modules of its neighbours.
    checked(["mypy", *flags, "-p", "swath"], tmp_path)
    checked(["mypy", *flags, "program.py"], tmp_path)


def test_the_built_module_is_as_its_stub_says(tmp_path):
    checked(["mypy.stubtest", "--ignore-disjoint-bases", "swath._swath"], tmp_path)
