"""`swath cog`: valid for rio-cogeo, and pixel for pixel what GDAL would have written."""
import numpy as np
import pytest
import rasterio
from rasterio.enums import MaskFlags
from rasterio.shutil import copy as gdal_copy
from rio_cogeo.cogeo import cog_info, cog_translate, cog_validate

from support import rasters
from support.run import Result  # noqa: F401  (shown in assertion messages)


def valid(path):
    ok, errors, warnings = cog_validate(str(path), strict=True)
    assert ok and not errors and not warnings, f"{path}: {errors} {warnings}"


def overviews(path, band=1):
    """The stored pixels of each overview."""
    with rasterio.open(path) as dataset:
        count = len(dataset.overviews(band))
    levels = []
    for level in range(count):
        with rasterio.open(path, overview_level=level) as dataset:
            levels.append(dataset.read())
    return levels


def test_every_output_of_a_build_is_a_valid_cog(catalog):
    for item in catalog.items:
        for key in item.body["assets"]:
            valid(item.asset(key))


PROFILES = {"deflate": "deflate", "lzw": "lzw", "zstd": "zstd", "raw": None, "packbits": "packbits"}


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("profile", PROFILES)
def test_pixels_survive_every_codec_and_type(swath, tmp_path, profile, dtype):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((1100, 700), dtype, high=250))
    swath("cog", "-p", profile, "in.tif", "out.tif", cwd=tmp_path)
    valid(tmp_path / "out.tif")
    assert np.array_equal(rasters.read(source), rasters.read(tmp_path / "out.tif"))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert (dataset.compression and dataset.compression.name.lower()) == PROFILES[profile]


@pytest.mark.parametrize("side", [1, 15, 16, 17, 511, 512, 513, 1023, 1024, 1025])
def test_sizes_around_every_boundary(swath, tmp_path, side):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((side, 777), "uint16", seed=side))
    swath("cog", "in.tif", "out.tif", cwd=tmp_path)
    valid(tmp_path / "out.tif")
    assert np.array_equal(rasters.read(source), rasters.read(tmp_path / "out.tif"))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("resampling", ["nearest", "average", "mode"])
def test_overviews_equal_those_of_gdal(swath, tmp_path, resampling, dtype):
    array = rasters.smooth((1536, 2048), dtype) if dtype != "uint8" else (rasters.smooth((1536, 2048)) // 20).astype("uint8")
    rasters.write(tmp_path / "in.tif", array)
    swath("cog", "--overview-resampling", resampling, "in.tif", "ours.tif", cwd=tmp_path)
    gdal_copy(tmp_path / "in.tif", tmp_path / "gdal.tif", driver="COG", OVERVIEW_RESAMPLING=resampling.upper(), BLOCKSIZE=512)
    ours, theirs = overviews(tmp_path / "ours.tif"), overviews(tmp_path / "gdal.tif")
    assert [o.shape for o in ours] == [t.shape for t in theirs]
    for level, (a, b) in enumerate(zip(ours, theirs)):
        if dtype == "float32":
            assert np.allclose(a, b, rtol=1e-6), f"level {level}"
        else:
            assert np.array_equal(a, b), f"level {level}: {(a != b).sum()} of {a.size} pixels differ, at most by {np.abs(a.astype(float) - b).max()}"


@pytest.mark.parametrize("resampling", ["nearest", "average", "mode"])
def test_overviews_leave_nodata_out_as_gdal_does(swath, tmp_path, resampling):
    array = rasters.smooth((1024, 1024))
    array[200:500, 300:700] = 0
    array[::7, ::5] = 0
    rasters.write(tmp_path / "in.tif", array, nodata=0)
    swath("cog", "--overview-resampling", resampling, "in.tif", "ours.tif", cwd=tmp_path)
    gdal_copy(tmp_path / "in.tif", tmp_path / "gdal.tif", driver="COG", OVERVIEW_RESAMPLING=resampling.upper(), BLOCKSIZE=512)
    for a, b in zip(overviews(tmp_path / "ours.tif"), overviews(tmp_path / "gdal.tif"), strict=True):
        assert np.array_equal(a, b), f"{(a != b).sum()} of {a.size} pixels differ"


def test_nodata_from_the_flag(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.noise((600, 600)))
    swath("cog", "--nodata", "7", "in.tif", "out.tif", cwd=tmp_path)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.nodata == 7


def test_nan_as_nodata(swath, tmp_path):
    array = rasters.noise((600, 600), "float32")
    array[:100] = np.nan
    rasters.write(tmp_path / "in.tif", array)
    swath("cog", "--nodata", "nan", "in.tif", "out.tif", cwd=tmp_path)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert np.isnan(dataset.nodata)
        assert np.array_equal(dataset.read(1), array, equal_nan=True)
        assert (dataset.read_masks(1)[:100] == 0).all()


def test_add_mask_writes_an_internal_mask(swath, tmp_path):
    array = rasters.noise((1100, 900))
    array[300:400, 200:800] = 0
    rasters.write(tmp_path / "in.tif", array, nodata=0)
    swath("cog", "--add-mask", "in.tif", "out.tif", cwd=tmp_path)
    valid(tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert MaskFlags.per_dataset in dataset.mask_flag_enums[0]
        assert np.array_equal(dataset.read_masks(1), np.where(array == 0, 0, 255))
        assert np.array_equal(dataset.read(1), array)


def test_dtype_converts(swath, tmp_path):
    array = rasters.noise((600, 600), "uint16", high=255)
    rasters.write(tmp_path / "in.tif", array)
    swath("cog", "-t", "float32", "in.tif", "out.tif", cwd=tmp_path)
    assert np.array_equal(rasters.read(tmp_path / "out.tif")[0], array.astype("float32"))


def test_blocksize_and_overview_level(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.noise((1500, 1500)))
    swath("cog", "--blocksize", "256", "--overview-level", "2", "in.tif", "out.tif", cwd=tmp_path)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.block_shapes[0] == (256, 256)
        assert dataset.overviews(1) == [2, 4]


def test_band_indexes(swath, tmp_path):
    array = rasters.noise((4, 600, 600))
    rasters.write(tmp_path / "in.tif", array)
    swath("cog", "-b", "3,1", "in.tif", "out.tif", cwd=tmp_path)
    assert np.array_equal(rasters.read(tmp_path / "out.tif"), array[[2, 0]])


@pytest.mark.parametrize("options", [["COMPRESS=ZSTD", "LEVEL=3"], ["PREDICTOR=YES"], ["PREDICTOR=2"], ["BIGTIFF=YES"], ["BLOCKSIZE=128"], ["OVERVIEWS=NONE"], ["NUM_THREADS=1"], ["INTERLEAVE=BAND"], ["INTERLEAVE=PIXEL"]])
def test_creation_options_of_gdal(swath, tmp_path, options):
    array = rasters.noise((3, 700, 700), "int16")
    rasters.write(tmp_path / "in.tif", array)
    swath("cog", *[word for option in options for word in ("--co", option)], "in.tif", "out.tif", cwd=tmp_path)
    assert np.array_equal(rasters.read(tmp_path / "out.tif"), array)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        structure = dataset.tags(ns="IMAGE_STRUCTURE")
        if "BLOCKSIZE=128" in options:
            assert dataset.block_shapes[0] == (128, 128)
        if "OVERVIEWS=NONE" in options:
            assert dataset.overviews(1) == []
        if options[0].startswith("INTERLEAVE"):
            assert structure["INTERLEAVE"] == options[0].split("=")[1]
    if options == ["BIGTIFF=YES"]:
        assert (tmp_path / "out.tif").read_bytes()[2] == 43


def test_an_unknown_creation_option_is_usage(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.noise((64, 64)))
    result = swath("cog", "--co", "COMPRES=LZW", "in.tif", "out.tif", cwd=tmp_path, rc=2)
    assert "COMPRESS" in result.err, result.err
    assert not (tmp_path / "out.tif").exists()


def test_georeference_nodata_and_tags_are_kept(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.noise((2, 600, 600), "int16"), nodata=-9999)
    with rasterio.open(tmp_path / "in.tif", "r+") as dataset:
        dataset.descriptions = ("height", "slope")
        dataset.scales = (0.1, 1)
        dataset.offsets = (5, 0)
    swath("cog", "in.tif", "out.tif", cwd=tmp_path)
    with rasterio.open(tmp_path / "in.tif") as a, rasterio.open(tmp_path / "out.tif") as b:
        assert (a.crs, a.transform, a.nodata, a.descriptions, a.scales, a.offsets) == (b.crs, b.transform, b.nodata, b.descriptions, b.scales, b.offsets)


def test_empty_blocks_are_sparse_or_read_as_nodata(swath, tmp_path):
    array = np.zeros((2048, 2048), "uint16")
    array[:300, :300] = 9
    rasters.write(tmp_path / "in.tif", array, nodata=0)
    swath("cog", "--co", "SPARSE_OK=YES", "in.tif", "out.tif", cwd=tmp_path)
    assert np.array_equal(rasters.read(tmp_path / "out.tif")[0], array)


def test_the_ghost_header_is_there(swath, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.noise((1200, 1200)))
    swath("cog", "in.tif", "out.tif", cwd=tmp_path)
    head = (tmp_path / "out.tif").read_bytes()[:300]
    for line in (b"GDAL_STRUCTURAL_METADATA_SIZE=", b"LAYOUT=IFDS_BEFORE_DATA", b"BLOCK_ORDER=ROW_MAJOR", b"BLOCK_LEADER=SIZE_AS_UINT4", b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED"):
        assert line in head
    assert cog_info(str(tmp_path / "out.tif")).COG


def test_an_existing_output_stays_as_it_is_when_the_input_is_broken(swath, shared, tmp_path):
    rasters.write(tmp_path / "in.tif", rasters.noise((600, 600)))
    swath("cog", "in.tif", "out.tif", cwd=tmp_path)
    before = (tmp_path / "out.tif").read_bytes()
    swath("cog", shared / "data/malformed/gdal/byte_truncated.tif", "out.tif", cwd=tmp_path, rc={1, 3, 5})
    assert (tmp_path / "out.tif").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.name not in ("in.tif", "out.tif")] == []


def test_input_and_output_may_not_be_one_file(swath, tmp_path):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((64, 64)))
    before = source.read_bytes()
    swath("cog", "in.tif", "in.tif", cwd=tmp_path, rc={2, 5})
    assert source.read_bytes() == before


def test_memory_does_not_grow_with_the_image(swath, tmp_path):
    from support.measure import measured

    peaks = {}
    for side in (2048, 8192):
        tile = rasters.smooth((512, 512))
        rasters.write(tmp_path / f"{side}.tif", np.tile(tile, (side // 512, side // 512)), tiled=True, blockxsize=512, blockysize=512, compress="deflate")
        result = measured("cog", f"{side}.tif", "out.tif", cwd=tmp_path, timeout=120)
        assert result.rc == 0, result
        (tmp_path / "out.tif").unlink()
        peaks[side] = result.peak_mib
    assert peaks[8192] < 300 and peaks[8192] < peaks[2048] + 100, peaks


@pytest.mark.parametrize("base, level", [(2, 3), (3, 2), (4, 2), (5, 1)])
@pytest.mark.parametrize("resampling", ["nearest", "average", "mode"])
def test_overviews_of_any_decimation_are_those_of_rio_cogeo(swath, tmp_path, resampling, base, level):
    source = rasters.write(tmp_path / "in.tif", rasters.smooth((1601, 1300)) // 20)
    swath("cog", "--decimation-base", base, "--overview-level", level, "--overview-resampling", resampling, "in.tif", "ours.tif", cwd=tmp_path)
    valid(tmp_path / "ours.tif")
    cog_translate(source, tmp_path / "rio.tif", {"driver": "GTiff", "tiled": True, "blockxsize": 512, "blockysize": 512}, overview_level=level, decimation_base=base, overview_resampling=resampling, quiet=True)
    ours, theirs = overviews(tmp_path / "ours.tif"), overviews(tmp_path / "rio.tif")
    if base > 2:
        assert [o.shape for o in ours] == [t.shape for t in theirs]
    for a, b in zip(ours, theirs, strict=True):
        if a.shape == b.shape:
            assert np.array_equal(a, b), f"{(a != b).sum()} of {a.size} pixels differ, at most by {np.abs(a.astype(float) - b).max()}"


def test_overviews_may_have_blocks_of_their_own(swath, tmp_path):
    array = rasters.smooth((1500, 2100))
    rasters.write(tmp_path / "in.tif", array, nodata=0)
    swath("cog", "--overview-blocksize", "128", "in.tif", "out.tif", cwd=tmp_path)
    swath("cog", "in.tif", "plain.tif", cwd=tmp_path)
    valid(tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.block_shapes[0] == (512, 512)
    with rasterio.open(tmp_path / "out.tif", overview_level=0) as overview:
        assert overview.block_shapes[0] == (128, 128)
    for a, b in zip(overviews(tmp_path / "out.tif"), overviews(tmp_path / "plain.tif"), strict=True):
        assert np.array_equal(a, b)
