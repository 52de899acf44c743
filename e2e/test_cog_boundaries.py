"""The peers as judges at sizes just under, at and over each boundary: GDAL reads what the raw raster says, rio-cogeo finds nothing."""
import itertools

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rio_cogeo.cogeo import cog_validate

from support import rasters

SIDES = [1, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025]
DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "complex64", "complex128", "complex_int16"]
CODECS = {"zstd": "zstd", "deflate": "deflate", "lzw": "lzw", "packbits": "packbits", "raw": None, "lerc": "lerc", "lerc_deflate": "lerc_deflate", "lerc_zstd": "lerc_zstd"}
TURNED = Affine(7.25, 3.5, 500_000, 2.125, -9.75, 5_000_000)


def pixels(shape, dtype, seed):
    random = np.random.default_rng(seed)
    kind = np.dtype("complex64" if dtype == "complex_int16" else dtype)
    if kind.kind == "c":
        return (random.integers(-99, 99, shape) + 1j * random.integers(-99, 99, shape)).astype(kind)
    if kind.kind == "f":
        return random.normal(0, 100, shape).astype(kind)
    limits = np.iinfo(kind)
    return random.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)


def make(path, shape, dtype, seed, masked=None, **profile):
    array = pixels(shape, dtype, seed)
    more = {"nodata": 0} if masked == "nodata" else {}
    if masked == "nodata":
        array[..., :: 3, :: 2] = 0
    if dtype == "complex_int16":
        more["dtype"] = dtype
    rasters.write(path, array, transform=TURNED if seed % 5 == 0 else None, **more, **profile)
    if masked == "mask":
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
            dataset.write_mask(np.where(np.arange(shape[-2] * shape[-1]).reshape(shape[-2:]) % 7 < 3, 0, 255).astype("uint8"))


def judge(raw, cog):
    """Everything that is wrong, as lines."""
    ok, errors, warnings = cog_validate(str(cog), strict=True, quiet=True)
    if not ok or errors or warnings:
        yield f"rio cogeo: {errors} {warnings}"
    with rasterio.open(raw) as a, rasterio.open(cog) as b:
        for what in ("crs", "nodatavals", "dtypes", "shape", "count", "mask_flag_enums"):
            if getattr(a, what) != getattr(b, what):
                yield f"{what}: {getattr(b, what)}, not {getattr(a, what)}"
        if not a.transform.almost_equals(b.transform, 1e-12):
            yield f"transform: {b.transform}, not {a.transform}"
        if not np.array_equal(a.read(), b.read(), equal_nan=a.dtypes[0][0] in "fc"):
            yield "pixels"
        if not np.array_equal(a.read_masks(), b.read_masks()):
            yield "masks"


def convert(swath, folder, *options):
    """Converts folder/raw and gives every disagreement."""
    swath("cog", "--out-dir", "out", *options, *sorted((folder / "raw").iterdir()), cwd=folder, timeout=300)
    files = sorted((folder / "out").glob("*.tif"))
    assert len(files) == sum(p.suffix == ".tif" for p in (folder / "raw").iterdir())
    return [f"{cog.name}: {line}" for cog in files for line in judge(folder / "raw" / cog.name, cog)]


@pytest.mark.parametrize("block", [None, 256, 16])
def test_every_side_around_a_boundary(swath, tmp_path, block):
    """With blocks of a size that was asked for, one shape stays that rio-cogeo takes for strips: exactly as wide as its blocks, and tall."""
    kinds = itertools.cycle(itertools.product(["uint16", "float32", "uint8", "int16", "float64"], [1, 3, 2, 5, 4], [None, "mask", None, "nodata", None]))
    for seed, (side, shape) in enumerate(itertools.product(SIDES, ["row", "column", "square"])):
        height, width = {"row": (40, side), "column": (side, 40), "square": (side, side + 3)}[shape]
        if width == 1 and block == 16:
            continue  # rasterio tells the factor of an overview by widths: that of one pixel to one is 1, which rio-cogeo minds
        dtype, bands, masked = next(kinds)
        for _ in range(seed % 7):
            dtype, bands, masked = next(kinds)
        make(tmp_path / f"raw/{shape}_{side}_{dtype}_{bands}_{masked}.tif", (bands, height, width), dtype, seed, masked, compress="lzw")
    assert convert(swath, tmp_path, *(["--blocksize", block] if block else [])) == []


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_and_type(swath, tmp_path, codec):
    for seed, (dtype, bands) in enumerate(itertools.product(DTYPES, [1, 3])):
        if codec.startswith("lerc") and ("64" in dtype and "int" in dtype or "complex" in dtype):
            continue
        make(tmp_path / f"raw/{dtype}_{bands}.tif", (bands, 130, 77), dtype, seed + 1)
    assert convert(swath, tmp_path, "-p", codec, "--blocksize", 64) == []
    for cog in (tmp_path / "out").glob("*.tif"):
        with rasterio.open(cog) as dataset:
            assert (dataset.compression and dataset.compression.value.lower()) == CODECS[codec]


@pytest.mark.parametrize("profile", ["jpeg", "webp"])
@pytest.mark.parametrize("side", [1, 15, 16, 17, 63, 64, 65, 130])
def test_pictures(swath, tmp_path, profile, side):
    for bands in (1, 3, 4) if profile == "jpeg" else (3, 4):
        smooth = np.stack([rasters.smooth((side, 2 * side + 1), "float64", seed=n) / 20 for n in range(bands)]).clip(0, 255).astype("uint8")
        rasters.write(tmp_path / f"raw/{bands}.tif", smooth, photometric="rgb" if bands > 2 else "minisblack", **({"alpha": "yes"} if bands == 4 else {}))
    # four bands are colours and an alpha, which a JPEG has no room for: it becomes a mask
    options = ["--add-mask"] if profile == "jpeg" else ["--co", "WEBP_LOSSLESS=YES"]
    swath("cog", "--out-dir", "out", "-p", profile, "--blocksize", 64, *options, *sorted((tmp_path / "raw").iterdir()), cwd=tmp_path)
    for cog in sorted((tmp_path / "out").glob("*.tif")):
        ok, errors, warnings = cog_validate(str(cog), strict=True, quiet=True)
        assert ok and not errors and not warnings, f"{cog.name}: {errors} {warnings}"
        with rasterio.open(tmp_path / "raw" / cog.name) as a, rasterio.open(cog) as b:
            assert b.compression.name.lower() == profile and b.colorinterp == a.colorinterp[: b.count]
            apart = np.abs(a.read().astype(int)[: b.count] - b.read())
            assert apart.max() == 0 if profile == "webp" else apart.mean() < 4, f"{cog.name}: {apart.mean()}"


@pytest.mark.parametrize("options", [["--co", "INTERLEAVE=BAND"], ["--co", "BIGTIFF=YES"], ["--add-mask"], ["--co", "SPARSE_OK=YES"], ["--co", "PREDICTOR=NO"]], ids=" ".join)
def test_every_layout(swath, tmp_path, options):
    for seed, (bands, masked, side) in enumerate(itertools.product(range(1, 6), [None, "mask", "nodata"], [63, 64, 65])):
        make(tmp_path / f"raw/{bands}_{masked}_{side}.tif", (bands, side, 2 * side), ["uint8", "int16", "float32"][seed % 3], seed, masked, photometric="minisblack")
    found = convert(swath, tmp_path, "--blocksize", 64, *options)
    if options == ["--add-mask"]:
        # nodata becomes a mask of all bands, and a raster without either gets one that is full
        found = [line for line in found if not any(word in line for word in ("nodatavals", "mask_flag_enums", "masks"))]
    assert found == []
    if "BIGTIFF=YES" in options:
        assert all(cog.read_bytes()[:4] == b"II+\0" for cog in (tmp_path / "out").glob("*.tif"))


@pytest.mark.parametrize("shape", [(2048, 1024), (600, 512), (1100, 512), (2100, 512), (700, 256), (4200, 1024), (1030, 1024), (513, 512)])
def test_no_level_is_exactly_as_wide_as_its_blocks_and_tall(swath, tmp_path, shape):
    make(tmp_path / "raw/a.tif", (1, *shape), "uint8", 3)
    assert convert(swath, tmp_path) == []


def test_more_pixels_than_four_gigabytes_hold_where_almost_all_are_nothing(swath, tmp_path):
    side = 23_200
    with rasterio.open(tmp_path / "in.tif", "w", driver="GTiff", width=side, height=side, count=1, dtype="float64", nodata=0, crs="EPSG:3857", tiled=True, blockxsize=1024, blockysize=1024, compress="deflate", sparse_ok=True, transform=Affine(100, 0, 0, 0, -100, 0)) as dataset:
        dataset.write(np.full((1, 300, 300), 9.0), window=rasterio.windows.Window(side - 300, side - 300, 300, 300))
    swath("cog", "--co", "SPARSE_OK=YES", "--co", "STATISTICS=NO", "in.tif", "out.tif", cwd=tmp_path, timeout=300)
    ok, errors, warnings = cog_validate(str(tmp_path / "out.tif"), strict=True, quiet=True)
    assert ok and not errors and not warnings
    assert (tmp_path / "out.tif").stat().st_size < 2_000_000
    with rasterio.open(tmp_path / "out.tif") as dataset:
        assert dataset.shape == (side, side) and dataset.nodata == 0
        corner = dataset.read(1, window=rasterio.windows.Window(side - 301, side - 301, 301, 301))
        assert corner[0].max() == 0 and corner[1:, 1:].min() == 9
        assert dataset.overviews(1)[0] == 2
