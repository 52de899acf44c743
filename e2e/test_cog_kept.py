"""What a raw GeoTIFF says of itself, its COG says too, as GDAL reads both."""
import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC
from rasterio.transform import from_origin

from support import rasters

OF_THE_FILE = ("IMAGE_STRUCTURE", "DERIVED_SUBDATASETS", "rio_creation_kwds", "rio_overview")


def said(path):
    """Everything that GDAL says of a file but how it is stored."""
    with rasterio.open(path) as d:
        words = {"crs": d.crs, "transform": d.transform, "nodata": d.nodatavals, "descriptions": d.descriptions, "units": d.units}
        words |= {"scales": d.scales, "offsets": d.offsets, "colours": d.colorinterp, "rpcs": d.rpcs and d.rpcs.to_gdal()}
        words["gcps"] = [(p.row, p.col, p.x, p.y, p.z) for p in d.gcps[0]], d.gcps[1]
        for band in (0, *d.indexes):
            for domain in {None, *d.tag_namespaces(band)} - set(OF_THE_FILE):
                tags = {k: v for k, v in d.tags(band, ns=domain).items() if not k.startswith(("STATISTICS_", "OVERVIEW_RESAMPLING"))}
                words[f"band {band} {domain or ''}"] = tags
        try:
            words["palette"] = d.colormap(1)
        except ValueError:
            pass
        return words


def compare(swath, folder, *options):
    swath("cog", *options, "in.tif", "out.tif", cwd=folder)
    raw, cog = said(folder / "in.tif"), said(folder / "out.tif")
    return {k: (raw.get(k), cog.get(k)) for k in raw.keys() | cog.keys() if raw.get(k) != cog.get(k)}


@pytest.fixture
def raw(tmp_path):
    """raw(dtype, bands) -> an open raster to say things of."""

    def make(dtype="int16", bands=2, **profile):
        rasters.write(tmp_path / "in.tif", rasters.noise((bands, 60, 50), dtype), **profile)
        return rasterio.open(tmp_path / "in.tif", "r+")

    return make


def test_texts_and_numbers_of_the_tiff(swath, tmp_path, raw):
    tags = {"IMAGEDESCRIPTION": "a <b> & \"c\" é", "DATETIME": "2020:01:02 03:04:05", "SOFTWARE": "sw 1.0", "COPYRIGHT": "(c) us", "ARTIST": "me", "DOCUMENTNAME": "doc", "HOSTCOMPUTER": "host"}
    numbers = {"XRESOLUTION": "72.5", "YRESOLUTION": "300", "RESOLUTIONUNIT": "3", "MINSAMPLEVALUE": "1", "MAXSAMPLEVALUE": "200"}
    with raw() as d:
        d.update_tags(**{f"TIFFTAG_{k}": v for k, v in (tags | numbers).items()}, TITLE="mine & <yours> &amp;")
    assert compare(swath, tmp_path) == {}
    assert "a <b> & \"c\" é".encode() in (tmp_path / "out.tif").read_bytes(), "a tag of its own, for readers other than GDAL"


def test_metadata_of_bands_and_of_other_domains(swath, tmp_path, raw):
    with raw() as d:
        d.descriptions, d.units, d.scales, d.offsets = ("height", "slope & <x>"), ("m", "degree"), (0.1, 2), (-5.5, 0)
        d.update_tags(1, wavelength="0.6")
        d.update_tags(ns="MINE", a="1", b="<x> & y")
        d.update_tags(2, ns="MINE", c="3")
    assert compare(swath, tmp_path) == {}


def test_rational_polynomials(swath, tmp_path, raw):
    coefficients = [1e-9 * i - 1 / 3 for i in range(20)]
    with raw() as d:
        d.rpcs = RPC(height_off=1046.87, height_scale=962.1, lat_off=39.8, lat_scale=0.076, line_off=2295.25, line_scale=2296, long_off=-105.1, long_scale=0.1, samp_off=3, samp_scale=4, line_num_coeff=coefficients, line_den_coeff=[1] + coefficients[1:], samp_num_coeff=coefficients, samp_den_coeff=[1] * 20, err_bias=1.5, err_rand=0.5)
    assert compare(swath, tmp_path) == {}
    with rasterio.open(tmp_path / "out.tif") as d:
        assert d.rpcs.line_num_coeff == pytest.approx(coefficients, rel=1e-14)


def test_control_points_and_points_as_pixels(swath, tmp_path):
    points = [GroundControlPoint(0, 0, 10, 50, 1), GroundControlPoint(0, 50, 11, 50, 2), GroundControlPoint(60, 0, 10, 49, 3)]
    with rasterio.open(tmp_path / "in.tif", "w", driver="GTiff", width=50, height=60, count=1, dtype="uint8") as d:
        d.write(rasters.noise((1, 60, 50), "uint8", high=255))
        d.gcps = (points, rasterio.CRS.from_epsg(4326))
    assert compare(swath, tmp_path) == {}


def test_pixels_as_points(swath, tmp_path, raw):
    with raw(transform=from_origin(5e5, 5e6, 30, 20)) as d:
        d.update_tags(AREA_OR_POINT="Point")
    assert compare(swath, tmp_path) == {}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("colours", ["red green blue", "red green blue alpha", "gray alpha", "blue green red", "cyan magenta yellow black", "gray undefined alpha", "nir red green"])
def test_colours(swath, tmp_path, raw, dtype, colours):
    names = colours.split()
    if not all(hasattr(ColorInterp, n) for n in names):
        pytest.skip("not run: this GDAL has no such colour")
    with raw(dtype, len(names), photometric="minisblack") as d:
        d.colorinterp = [ColorInterp[n] for n in names]
    assert compare(swath, tmp_path) == {}


def test_a_palette_and_its_classes(swath, tmp_path):
    with rasterio.open(tmp_path / "in.tif", "w", driver="GTiff", width=50, height=60, count=1, dtype="uint8", nodata=255) as d:
        d.write(np.random.default_rng(0).integers(0, 4, (1, 60, 50), dtype="uint8"))
        d.write_colormap(1, {i: (i, 255 - i, (7 * i) % 256, 255) for i in range(256)})
    assert compare(swath, tmp_path) == {}


def test_chosen_bands_keep_their_own_words(swath, tmp_path, raw):
    with raw(bands=3) as d:
        d.descriptions, d.scales = ("a", "b", "c"), (1, 2, 3)
        d.update_tags(3, ns="MINE", c="third")
    swath("cog", "-b", "3,1", "in.tif", "out.tif", cwd=tmp_path)
    with rasterio.open(tmp_path / "out.tif") as d:
        assert (d.descriptions, d.scales, d.tags(1, ns="MINE"), d.tags(2, ns="MINE")) == (("c", "a"), (3, 1), {"c": "third"}, {})


def test_what_a_sidecar_says_goes_into_the_file(swath, tmp_path, raw):
    raw().close()
    (tmp_path / "in.tif.aux.xml").write_text(
        '<PAMDataset><Metadata><MDI key="A">a &amp; b</MDI></Metadata><Metadata domain="MINE"><MDI key="B">c</MDI></Metadata>'
        '<PAMRasterBand band="2"><Description>second</Description><UnitType>K</UnitType><Offset>1</Offset><Scale>2</Scale>'
        '<Metadata domain="MINE"><MDI key="D">e</MDI></Metadata></PAMRasterBand></PAMDataset>'
    )
    assert compare(swath, tmp_path) == {}
