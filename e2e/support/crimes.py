"""Small TIFFs whose headers, streams and documents claim far more than they hold."""
import struct
import zlib

SHORT, LONG, ASCII = 3, 4, 2
NONE, LZW, JPEG, DEFLATE, PACKBITS, LERC, ZSTD, WEBP = 1, 5, 7, 8, 32773, 34887, 50000, 50001
CODECS = {"none": NONE, "lzw": LZW, "jpeg": JPEG, "deflate": DEFLATE, "packbits": PACKBITS, "lerc": LERC, "zstd": ZSTD, "webp": WEBP}


def tiff(width, height, *, codec=NONE, bits=8, samples=1, rows=None, tile=None, block=bytes(64), blocks=1, counts=None, more=(), following=0):
    """A little-endian TIFF of one directory; all its blocks share the bytes of one. `more`: (tag, type, values or bytes)."""
    where = [(324, LONG), (325, LONG)] if tile else [(273, LONG), (279, LONG)]
    entries = [(256, LONG, [width]), (257, LONG, [height]), (258, SHORT, [bits]), (259, SHORT, [codec]), (262, SHORT, [1]), (277, SHORT, [samples])]
    entries += [(322, LONG, [tile]), (323, LONG, [tile])] if tile else [(278, LONG, [rows or height])]
    entries += [(where[0][0], LONG, [8 if block else 0] * blocks), (where[1][0], LONG, [len(block)] * blocks)]
    entries += list(more)
    entries.sort(key=lambda entry: entry[0])
    start = 8 + len(block) + len(block) % 2
    far_at = start + 2 + 12 * len(entries) + 4
    table, far = b"", b""
    for tag, kind, values in entries:
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{'H' if kind == SHORT else 'I'}", *values)
        count = (counts or {}).get(tag, len(values))
        if len(data) <= 4 and count == len(values):
            table += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
        else:
            table += struct.pack("<HHII", tag, kind, count, far_at + len(far))
            far += data
    next_at = start if following == "itself" else following
    head = b"II*\0" + struct.pack("<I", start) + block.ljust(start - 8, b"\0")
    return head + struct.pack("<H", len(entries)) + table + struct.pack("<I", next_at) + far


def text(value):
    return (42112, ASCII, value.encode() + b"\0")


def refused():
    """Name -> bytes that no command can take for a raster it can convert."""
    files = {}
    for name, codec in CODECS.items():
        samples = 3 if codec == WEBP else 1
        files[f"block-of-60000-{name}"] = tiff(60_000, 60_000, codec=codec, tile=60_000, samples=samples)
        files[f"claims-256-mib-{name}"] = tiff(16_384, 16_384, codec=codec, samples=samples)
        files[f"samples-65535-{name}"] = tiff(100, 100, codec=codec, samples=65_535)
    files["four-billion-offsets"] = tiff(60_000, 60_000, codec=DEFLATE, tile=16, counts={324: 0xFFFFFFFF})
    files["four-billion-counts"] = tiff(60_000, 60_000, codec=DEFLATE, tile=16, counts={325: 0xFFFFFFFF})
    files["directory-loop"] = tiff(8, 8, following="itself")
    return files


def readable():
    """Name -> bytes of small rasters whose metadata is a bomb: it says nothing, the pixels stay; and one whose only block goes on."""
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 30))
    documents = {
        "entities": f'<!DOCTYPE a [<!ENTITY e0 "bomb">{entities}]><GDALMetadata><Item name="a">&e29;</Item></GDALMetadata>',
        "deep": "<GDALMetadata>" + "<a>" * 300_000 + "</a>" * 300_000 + "</GDALMetadata>",
        "wide": "<GDALMetadata" + "".join(f' a{i}=""' for i in range(100_000)) + "/>",
        "many": "<GDALMetadata>" + "<a/>" * 600_000 + "</GDALMetadata>",
    }
    files = {name: tiff(8, 8, more=[text(document)]) for name, document in documents.items()}
    return files | {"deflate-outgrows-its-block": tiff(64, 64, codec=DEFLATE, block=zlib.compress(bytes(100 << 20), 9))}
