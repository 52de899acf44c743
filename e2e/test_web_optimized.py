"""`swath cog --web-optimized`: the frame, zoom level and pixels that GDAL makes of the same raster."""
import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.shutil import copy as gdal_copy
from rasterio.vrt import WarpedVRT
from rio_cogeo.cogeo import cog_validate

from support import rasters


def gdal(path, out, **options):
    gdal_copy(path, out, driver="COG", **({"TILING_SCHEME": "GoogleMapsCompatible", "WARP_RESAMPLING": "NEAREST"} | options))
    return out


def same_frame(ours, theirs):
    with rasterio.open(ours) as a, rasterio.open(theirs) as b:
        assert (a.crs, a.transform, a.shape, a.overviews(1)) == (b.crs, b.transform, b.shape, b.overviews(1))
        assert a.block_shapes[0] == b.block_shapes[0]
        scheme, other = a.tags(ns="TILING_SCHEME"), b.tags(ns="TILING_SCHEME")
        assert scheme.pop("NAME") == "GoogleMapsCompatible" and other.pop("NAME").upper() == "GOOGLEMAPSCOMPATIBLE"
        assert scheme == other


def nearest_of(path, like):
    """GDAL's nearest pixels with positions right to a millionth of a pixel (its COG driver is content with an eighth)."""
    with rasterio.open(path) as source, rasterio.open(like) as grid:
        alpha = source.nodata is None and ColorInterp.alpha not in source.colorinterp
        with WarpedVRT(source, crs=grid.crs, transform=grid.transform, width=grid.width, height=grid.height, tolerance=1e-6, resampling=Resampling.nearest, add_alpha=alpha) as warped:
            return warped.read(list(range(1, source.count + 1))), warped.dataset_mask()


def valid(path):
    ok, errors, warnings = cog_validate(str(path), strict=True)
    assert ok and not errors and not warnings, f"{errors} {warnings}"


SCENES = {
    "utm": dict(crs="EPSG:32633", origin=(500_000, 5_000_000), step=30),
    "utm off its middle": dict(crs="EPSG:32618", origin=(210_000, 4_650_000), step=10),
    "south": dict(crs="EPSG:32733", origin=(300_000, 7_000_000), step=20),
    "geographic": dict(crs="EPSG:4326", origin=(8.5, 48), step=0.002),
    "around the world": dict(crs="EPSG:4326", origin=(-180, 90), step=0.3),
    "around the world from Greenwich": dict(crs="EPSG:4326", origin=(0, 90), step=0.3),
    "beside the antimeridian": dict(crs="EPSG:32660", origin=(700_000, -1_800_000 + 10_000_000), step=100),
    "polar": dict(crs="EPSG:3031", origin=(-2_000_000, 1_500_000), step=2000),
    "european": dict(crs="EPSG:3035", origin=(4_000_000, 3_000_000), step=250),
    "mercator already": dict(crs="EPSG:3857", origin=(1_000_003, 6_000_001), step=20),
}


@pytest.mark.parametrize("nodata", [None, 0])
@pytest.mark.parametrize("scene", SCENES)
def test_frame_and_pixels_are_those_of_gdal(swath, tmp_path, scene, nodata):
    shape = (600, 1200) if "world" in scene else (700, 500)
    array = rasters.smooth(shape)
    array[100:130, 40:90] = 0
    source = rasters.write(tmp_path / "in.tif", array, nodata=nodata, **SCENES[scene])
    swath("cog", "--web-optimized", "in.tif", "ours.tif", cwd=tmp_path)
    valid(tmp_path / "ours.tif")
    same_frame(tmp_path / "ours.tif", gdal(source, tmp_path / "gdal.tif"))
    pixels, mask = nearest_of(source, tmp_path / "ours.tif")
    if "Greenwich" in scene:
        # A WarpedVRT loses the half that lies east of 180; the COG driver does not.
        with rasterio.open(tmp_path / "gdal.tif") as dataset:
            pixels, mask = dataset.read([1]), dataset.dataset_mask()
    with rasterio.open(tmp_path / "ours.tif") as ours:
        kind = MaskFlags.per_dataset if nodata is None else MaskFlags.nodata
        assert kind in ours.mask_flag_enums[0]
        differ = np.mean(ours.read() != pixels), np.mean((ours.dataset_mask() != 0) != (mask != 0))
        assert max(differ) < 1e-4, differ


@pytest.mark.parametrize("options, flags", [
    ({"ZOOM_LEVEL": "9"}, ["--zoom-level", "9"]),
    ({"ZOOM_LEVEL": "13"}, ["--zoom-level", "13"]),
    ({"ZOOM_LEVEL_STRATEGY": "LOWER"}, ["--zoom-level-strategy", "lower"]),
    ({"ZOOM_LEVEL_STRATEGY": "UPPER"}, ["--zoom-level-strategy", "upper"]),
    ({"BLOCKSIZE": "512"}, ["--blocksize", "512"]),
    ({"ALIGNED_LEVELS": "3"}, ["--aligned-levels", "2"]),
])
def test_every_choice_is_gdals(swath, tmp_path, options, flags):
    source = rasters.write(tmp_path / "in.tif", rasters.smooth((900, 700)), nodata=0, step=40)
    theirs = gdal(source, tmp_path / "gdal.tif", **options)
    swath("cog", "-w", *flags, "in.tif", "flags.tif", cwd=tmp_path)
    same_frame(tmp_path / "flags.tif", theirs)
    words = [w for name, value in (options | {"TILING_SCHEME": "GoogleMapsCompatible", "WARP_RESAMPLING": "NEAREST"}).items() for w in ("--co", f"{name}={value}")]
    swath("cog", *words, "in.tif", "words.tif", cwd=tmp_path)
    assert (tmp_path / "words.tif").read_bytes() == (tmp_path / "flags.tif").read_bytes()


def test_color_with_alpha_stays_so(swath, tmp_path):
    array = rasters.noise((4, 400, 500), "uint8", high=255)
    array[3] = np.where(rasters.smooth((400, 500)) > 2500, 255, 0)
    source = rasters.write(tmp_path / "in.tif", array, photometric="RGB", alpha="YES")
    swath("cog", "-w", "--overview-resampling", "nearest", "in.tif", "ours.tif", cwd=tmp_path)
    theirs = gdal(source, tmp_path / "gdal.tif", OVERVIEW_RESAMPLING="NEAREST")
    same_frame(tmp_path / "ours.tif", theirs)
    with rasterio.open(tmp_path / "ours.tif") as a:
        assert a.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
        pixels, _ = nearest_of(source, tmp_path / "ours.tif")
        assert np.mean(a.read() != pixels) < 1e-4


def test_a_mask_goes_along(swath, tmp_path):
    array = rasters.noise((3, 500, 400), "uint8", high=255)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        source = rasters.write(tmp_path / "in.tif", array, photometric="RGB")
        with rasterio.open(source, "r+") as dataset:
            dataset.write_mask(rasters.smooth((500, 400)) > 2500)
    swath("cog", "-w", "-p", "jpeg", "in.tif", "ours.tif", cwd=tmp_path)
    valid(tmp_path / "ours.tif")
    _, mask = nearest_of(source, tmp_path / "ours.tif")
    with rasterio.open(tmp_path / "ours.tif") as ours:
        assert MaskFlags.per_dataset in ours.mask_flag_enums[0]
        assert np.mean((ours.dataset_mask() != 0) != (mask != 0)) < 1e-4


@pytest.mark.parametrize("kernel", ["bilinear", "cubic", "average", "min", "max"])
def test_kernels_are_near_gdals(swath, tmp_path, kernel):
    """Where a web pixel is finer than the raster's they agree; where it is coarser GDAL widens its kernel by one width for the whole file."""
    source = rasters.write(tmp_path / "in.tif", rasters.smooth((700, 500), "float32"), nodata=-9999)
    swath("cog", "-w", "-r", kernel, "--zoom-level-strategy", "upper", "in.tif", "ours.tif", cwd=tmp_path)
    with rasterio.open(source) as raw, rasterio.open(tmp_path / "ours.tif") as ours:
        with WarpedVRT(raw, crs=ours.crs, transform=ours.transform, width=ours.width, height=ours.height, tolerance=1e-6, resampling=Resampling[kernel]) as warped:
            a, b = ours.read(1, masked=True), warped.read(1, masked=True)
    assert np.mean(a.mask != b.mask) < 1e-3
    away = np.ma.abs(a - b).compressed()
    assert np.mean(away) < 1 and np.percentile(away, 99) < 20, (away.mean(), away.max())


def test_memory_follows_the_width_and_not_the_height(swath, tmp_path):
    from support.measure import measured

    peaks = {}
    for rows in (1024, 8192):
        tile = rasters.smooth((512, 512))
        rasters.write(tmp_path / f"{rows}.tif", np.tile(tile, (rows // 512, 6)), tiled=True, blockxsize=512, blockysize=512, compress="deflate", nodata=0)
        result = measured("cog", "-w", f"{rows}.tif", f"out{rows}.tif", cwd=tmp_path, timeout=120)
        assert result.rc == 0, result
        peaks[rows] = result.peak_mib
    assert peaks[8192] < 300 and peaks[8192] < peaks[1024] + 60, peaks


@pytest.mark.parametrize("flags, said", [
    (["--zoom-level", "31"], "zoom_level"),
    (["-r", "lanczos"], "nearest, bilinear"),
    (["--zoom-level-strategy", "best"], "lower, upper or auto"),
    (["--co", "TILING_SCHEME=NZTM2000"], "GoogleMapsCompatible"),
    (["--tms", "my.json"], "WebMercatorQuad"),
])
def test_what_cannot_be_done_is_said_and_nothing_is_written(swath, tmp_path, flags, said):
    rasters.write(tmp_path / "in.tif", rasters.smooth((100, 100)))
    refused = swath("cog", "-w", *flags, "in.tif", "out.tif", cwd=tmp_path, rc={1, 2})
    assert said in refused.err, refused.err
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize("flags", [["--zoom-level", "9"], ["--zoom-level-strategy", "upper"], ["--aligned-levels", "2"], ["-r", "cubic"], ["--co", "ZOOM_LEVEL=9"]])
def test_flags_for_web_maps_mean_nothing_elsewhere_and_are_refused(swath, tmp_path, flags):
    rasters.write(tmp_path / "in.tif", rasters.smooth((100, 100)))
    refused = swath("cog", *flags, "in.tif", "out.tif", cwd=tmp_path, rc=2)
    assert "add --web-optimized, or leave out --" in refused.err, refused.err
    assert not (tmp_path / "out.tif").exists()


def test_a_raster_without_a_crs_is_refused(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.smooth((100, 100)), crs=None)
    refused = swath("cog", "-w", "in.tif", "out.tif", cwd=tmp_path, rc={1, 2})
    assert "no CRS" in refused.err, refused.err


def test_a_plan_can_ask_for_it(swath, tmp_path):
    rasters.write(tmp_path / "raw/scene_20200101.tif", rasters.smooth((700, 500)), nodata=0)
    swath("init", "raw", cwd=tmp_path)
    plan = tmp_path / "swath.toml"
    plan.write_text(plan.read_text().replace("block_size = 512", "web_optimized = true").replace("[cog]\n", "[cog]\nzoom_level = 11\n"))
    swath("build", cwd=tmp_path)
    (built,) = (tmp_path / "build").rglob("*.tif")
    valid(built)
    with rasterio.open(built) as dataset:
        assert dataset.crs.to_epsg() == 3857 and dataset.tags(ns="TILING_SCHEME")["ZOOM_LEVEL"] == "11"
    swath("check", cwd=tmp_path)
