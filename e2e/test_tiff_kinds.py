"""TIFF files of every kind that GDAL writes or reads: what we make of them is what GDAL reads of them."""
import shutil
import struct
import subprocess

import numpy as np
import pytest
import rasterio
import rasterio.warp
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC
from rasterio.transform import from_origin

from support import rasters
from support.run import BINARY


def same(ours, theirs):
    with rasterio.open(ours) as a, rasterio.open(theirs) as b:
        assert a.shape == b.shape and a.count == b.count
        assert np.array_equal(a.read(), b.read(), equal_nan=a.dtypes[0].startswith("float"))
        assert (a.dataset_mask() == b.dataset_mask()).all()
        assert a.crs == b.crs and np.allclose(list(a.transform), list(b.transform))


def gdal_has(codec):
    with rasterio.Env():
        try:
            with rasterio.MemoryFile() as file, file.open(driver="GTiff", count=1, height=16, width=16, dtype="uint8", compress=codec):
                return True
        except rasterio.errors.RasterioError:
            return False


@pytest.mark.parametrize("options", [{}, {"tiled": True, "blockxsize": 64, "blockysize": 48}, {"interleave": "band"}, {"ENDIANNESS": "BIG"}, {"predictor": 2}], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
def test_lzma(swath, tmp_path, dtype, options):
    if not gdal_has("LZMA"):
        pytest.skip("not run: this GDAL has no LZMA")
    source = rasters.write(tmp_path / "in.tif", rasters.noise((3, 131, 117), dtype, high=100), compress="LZMA", **options)
    swath("cog", source, tmp_path / "out.tif")
    same(tmp_path / "out.tif", source)


@pytest.mark.parametrize("codec", ["CCITTRLE", "CCITTFAX3", "CCITTFAX4", "PACKBITS", "LZW"])
@pytest.mark.parametrize("white", ["MINISBLACK", "MINISWHITE"])
def test_one_bit(swath, tmp_path, codec, white):
    pixels = (rasters.smooth((201, 333)) > 3100).astype("uint8")
    pixels[50] = rasters.noise((333,), "uint8", low=0, high=2)
    source = rasters.write(tmp_path / "in.tif", pixels, compress=codec, nbits=1, photometric=white, blockysize=40)
    swath("cog", source, tmp_path / "out.tif")
    same(tmp_path / "out.tif", source)


@pytest.mark.parametrize("bits", [*range(1, 9), 9, 12, 15, 17, 24, 31])
@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_odd_depths(swath, tmp_path, bits, interleave):
    dtype = "uint8" if bits <= 8 else "uint16" if bits <= 16 else "uint32"
    source = rasters.write(tmp_path / "in.tif", rasters.noise((2, 45, 61), dtype, low=0, high=2 ** min(bits, 31)), nbits=bits, interleave=interleave, compress="DEFLATE")
    swath("cog", source, tmp_path / "out.tif")
    same(tmp_path / "out.tif", source)


def tiff(path, width, height, strips, tags=(), bits=(8,), compression=1, photometric=1):
    """A TIFF by hand, little-endian, one directory: `tags` are (tag, type, values) beside what every image has."""
    sizes = {2: "s", 3: "H", 4: "I", 5: "I", 11: "f", 12: "d"}
    rows = [(256, 4, [width]), (257, 4, [height]), (258, 3, list(bits)), (259, 3, [compression]), (262, 3, [photometric]), (277, 3, [len(bits)]), *tags]
    at, offsets = 8, []
    for strip in strips:
        offsets.append(at)
        at += len(strip)
    rows += [(273, 4, offsets), (279, 4, [len(s) for s in strips])]
    if not any(tag == 278 for tag, *_ in rows):
        rows.append((278, 4, [-(-height // len(strips))]))
    body, entries, values_at = b"".join(strips), b"", at + 2 + 12 * len(rows) + 4
    values = b""
    for tag, kind, value in sorted(rows):
        raw = value if kind == 2 else struct.pack(f"<{len(value)}{sizes[kind]}", *value)
        count = len(raw) if kind == 2 else len(value) // (2 if kind == 5 else 1)
        entries += struct.pack("<HHI", tag, kind, count)
        if len(raw) <= 4:
            entries += raw.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", values_at + len(values))
            values += raw + b"\0" * (len(raw) % 2)
    path.write_bytes(b"II*\0" + struct.pack("<I", at) + body + struct.pack("<H", len(rows)) + entries + struct.pack("<I", 0) + values)
    return path


@pytest.mark.parametrize("across, down", [(1, 1), (2, 1), (2, 2), (4, 2), (4, 4)])
def test_ycbcr_without_jpeg(swath, tmp_path, across, down):
    # libtiff loses the last bytes of a strip whose units are four rows high and do not fill it.
    width, height = 4 * across + (across // 2 if down < 4 else 0), 4 * down
    units = -(-width // across) * (height // down)
    stored = np.random.default_rng(across * 10 + down).integers(0, 256, units * (across * down + 2), dtype="uint8").tobytes()
    source = tiff(tmp_path / "in.tif", width, height, [stored], [(530, 3, [across, down])], bits=(8, 8, 8), photometric=6)
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as a, rasterio.open(source) as b:
        assert (a.read() == b.read()).all()


@pytest.mark.parametrize("text, expected", [("-9999", -9999.0), ("-1.#INF", -np.inf), ("1.#QNAN", np.nan), (" -3.5 ", -3.5), ("nan", np.nan)])
def test_nodata_however_it_is_spelled(swath, tmp_path, text, expected):
    pixels = np.full((4, 5), expected, "<f4")
    pixels[1:3] = 7
    source = tiff(tmp_path / "in.tif", 5, 4, [pixels.tobytes()], [(339, 3, [3]), (42113, 2, text.encode() + b"\0")], bits=(32,))
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert out.nodata == expected or (np.isnan(expected) and np.isnan(out.nodata))
        assert ((out.read_masks(1) > 0).sum(axis=1) == [0, 5, 5, 0]).all()


def test_a_nodata_that_no_sample_can_have_is_none(swath, tmp_path):
    source = tiff(tmp_path / "in.tif", 5, 4, [bytes(20)], [(42113, 2, b"-9999\0")])
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert out.nodata is None and (out.read_masks(1) == 255).all()


@pytest.mark.parametrize("times", [256, 257])
def test_a_colour_map_counts_whatever_the_photometric_tag_says(swath, tmp_path, times):
    colours = np.random.default_rng(1).integers(0, 256, 3 * 256) * times
    source = tiff(tmp_path / "in.tif", 16, 16, [bytes(range(256))], [(320, 3, colours.tolist())])
    swath("cog", source, tmp_path / "out.tif", "--overview-level", "0")
    with rasterio.open(tmp_path / "out.tif") as a, rasterio.open(source) as b:
        assert a.colormap(1) == b.colormap(1)


def test_texts_and_resolutions_stay_in_their_tags(swath, tmp_path):
    tags = {"TIFFTAG_ARTIST": "A & B <c>", "TIFFTAG_DATETIME": "2020:01:02 03:04:05", "TIFFTAG_IMAGEDESCRIPTION": "hills", "TIFFTAG_XRESOLUTION": "72.5",
            "TIFFTAG_YRESOLUTION": "300", "TIFFTAG_RESOLUTIONUNIT": "2", "TIFFTAG_HOSTCOMPUTER": "field-laptop", "TIFFTAG_COPYRIGHT": "us", "own": "x < y &amp; z"}
    source = rasters.write(tmp_path / "in.tif", rasters.noise((40, 40)))
    with rasterio.open(source, "r+") as dataset:
        dataset.update_tags(**tags)
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as a, rasterio.open(source) as b:
        ours, theirs = a.tags(), b.tags()
        assert {k: ours.get(k) for k in theirs} == theirs
    assert b"TIFFTAG_" not in (tmp_path / "out.tif").read_bytes()


def rpc():
    row = lambda seed: [round(v, 9) for v in np.random.default_rng(seed).normal(0, 1e-3, 20)]  # noqa: E731
    return RPC(height_off=100.0, height_scale=500.0, lat_off=45.5, lat_scale=0.25, line_den_coeff=row(1), line_num_coeff=row(2), line_off=2000.5,
               line_scale=2001.0, long_off=11.25, long_scale=0.3, samp_den_coeff=row(3), samp_num_coeff=row(4), samp_off=3000.0, samp_scale=3001.0, err_bias=1.5, err_rand=0.5)


def numbers(rpc):
    values = rpc.to_gdal()
    return {name: [float(v) for v in str(value).split()] for name, value in values.items() if value is not None}


def test_rational_polynomials_are_carried_over(swath, tmp_path):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((40, 40)), crs=None, transform=rasterio.Affine.identity(), rpcs=rpc())
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert numbers(out.rpcs) == numbers(rpc())


def test_rational_polynomials_beside_the_file_are_read(swath, tmp_path):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((40, 40)), crs=None, transform=rasterio.Affine.identity())
    lines = []
    for name, value in rpc().to_gdal().items():
        values = str(value).split()
        lines += [f"{name}: {values[0]} pixels"] if len(values) == 1 else [f"{name}_{n}: {v}" for n, v in enumerate(values, 1)]
    (tmp_path / "in_RPC.TXT").write_text("\n".join(lines))
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert numbers(out.rpcs) == numbers(rpc())


def test_control_points_are_carried_over(swath, tmp_path):
    points = [GroundControlPoint(row=r, col=c, x=10 + c / 100, y=50 - r / 100, z=1.0) for r in (0, 40) for c in (0, 40)]
    source = tmp_path / "in.tif"
    with rasterio.open(source, "w", driver="GTiff", count=1, height=40, width=40, dtype="uint16", gcps=points, crs="EPSG:4326") as dataset:
        dataset.write(rasters.noise((1, 40, 40)))
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as out:
        found, crs = out.gcps
        assert [(p.row, p.col, p.x, p.y, p.z) for p in found] == [(p.row, p.col, p.x, p.y, p.z) for p in points] and crs.to_epsg() == 4326


@pytest.mark.parametrize("name", ["in.tfw", "in.TFW", "in.wld", "in.WLD", "in.tifw"])
def test_a_world_file_by_any_of_its_names(swath, tmp_path, name):
    source = rasters.write(tmp_path / "in.tif", rasters.noise((40, 40)), crs=None, transform=rasterio.Affine.identity())
    (tmp_path / name).write_text("2\n0\n0\n-2\n1001\n4999\n")
    swath("cog", source, tmp_path / "out.tif")
    with rasterio.open(tmp_path / "out.tif") as out:
        assert out.transform == from_origin(1000, 5000, 2, 2)


@pytest.mark.parametrize("compression, name", [(6, "old-jpeg"), (34661, "jbig"), (34712, "jpeg2000"), (32809, "thunderscan"), (34676, "sgilog"), (50002, "jpeg-xl")])
def test_what_is_not_read_is_refused_by_name(swath, tmp_path, compression, name):
    source = tiff(tmp_path / "in.tif", 5, 4, [bytes(20)], compression=compression)
    result = swath("cog", source, tmp_path / "out.tif", rc=1)
    assert name in result.err and "gdal_translate" in result.err and not (tmp_path / "out.tif").exists()


def test_the_binary_alone_knows_every_crs(swath, tmp_path):
    """No files of PROJ, no home, no neighbours."""
    alone, nothing = tmp_path / "alone", tmp_path / "nothing"
    alone.mkdir(), nothing.mkdir()
    shutil.copy(BINARY, alone / "swath")
    rasters.write(alone / "in.tif", rasters.noise((200, 200)), crs="EPSG:3035", origin=(4_000_000, 3_000_000))
    env = {"PROJ_DATA": nothing, "PROJ_LIB": nothing, "HOME": nothing, "PATH": str(nothing), "XDG_DATA_HOME": nothing}
    run = lambda *args: subprocess.run([alone / "swath", *args], cwd=alone, env={k: str(v) for k, v in env.items()}, capture_output=True, text=True, timeout=60)  # noqa: E731
    told = run("info", "in.tif")
    assert told.returncode == 0 and "EPSG:3035" in told.stdout, told
    # A system of its own, found in the registry by what it is.
    text = "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80 +towgs84=0,0,0 +units=m"
    rasters.write(alone / "own.tif", rasters.noise((20, 20)), crs=text)
    made = run("cog", "own.tif", "out.tif")
    assert made.returncode == 0, made
    with rasterio.open(alone / "out.tif") as out, rasterio.open(alone / "own.tif") as original:
        assert out.crs and original.crs and rasterio.warp.transform_bounds(out.crs, "EPSG:4326", *out.bounds) == pytest.approx(
            rasterio.warp.transform_bounds(original.crs, "EPSG:4326", *original.bounds))
