"""Memory and time follow what was asked for, not what a header claims."""
import pytest

from support import crimes, rasters
from support.measure import measured

#: Beyond what the same command takes for a small honest file.
MOST_MIB = 64
REFUSED, READABLE = crimes.refused(), crimes.readable()


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Peak memory of each command on a raster of 8 x 8 pixels."""
    folder = tmp_path_factory.mktemp("honest")
    path = rasters.write(folder / "small.tif", rasters.smooth((8, 8)))
    return {command: measured(command, path, *([folder / "out.tif"] if command == "cog" else [])).peak_mib for command in ("info", "check", "cog")}


def judge(result, honest, name):
    command = result.argv[1]
    assert result.seconds < 5, result
    assert result.peak_mib < honest[command] + MOST_MIB, f"{result.peak_mib:.0f} MiB, {honest[command]:.0f} for a small file\n{result}"
    assert f"{name}.tif" in result.text or (command, result.rc) == ("cog", 0), result


@pytest.mark.parametrize("name", REFUSED)
def test_what_claims_too_much_is_an_error(swath, tmp_path, honest, name):
    path = tmp_path / f"{name}.tif"
    path.write_bytes(REFUSED[name])
    cog = measured("cog", path, tmp_path / "out.tif")
    assert cog.rc in (1, 3) and "error" in cog.err, cog
    judge(cog, honest, name)
    assert list(tmp_path.iterdir()) == [path], "files left behind"
    check = measured("check", path)
    assert check.rc in (1, 3), check
    judge(check, honest, name)
    info = measured("info", path)
    assert info.rc in (0, 1, 3), info
    judge(info, honest, name)


@pytest.mark.parametrize("name", READABLE)
def test_a_bomb_beside_the_pixels_leaves_them_readable(swath, tmp_path, honest, name):
    path = tmp_path / f"{name}.tif"
    path.write_bytes(READABLE[name])
    for arguments in (("info", path), ("cog", path, tmp_path / "out.tif")):
        result = measured(*arguments)
        assert result.rc == 0, result
        judge(result, honest, name)


def test_a_sparse_image_of_400_million_pixels_converts_in_the_memory_of_a_row_of_blocks(swath, tmp_path, honest):
    path = tmp_path / "sparse.tif"
    path.write_bytes(crimes.tiff(20_000, 20_000, codec=crimes.ZSTD, tile=512, block=b"", blocks=40 * 40))
    result = measured("cog", path, tmp_path / "out.tif", timeout=120)
    assert result.rc == 0 and result.peak_mib < 128 + MOST_MIB, f"{result.peak_mib:.0f} MiB\n{result}"
    assert (tmp_path / "out.tif").stat().st_size < 4 << 20


def test_a_sparse_image_of_four_billion_pixels_is_described_at_once(swath, tmp_path, honest):
    path = tmp_path / "sparse.tif"
    path.write_bytes(crimes.tiff(65_536, 65_536, codec=crimes.ZSTD, tile=512, block=b"", blocks=128 * 128))
    result = measured("info", path)
    assert result.rc == 0 and "65536" in result.out, result
    judge(result, honest, "sparse")
