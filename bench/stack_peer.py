"""Items to one mosaic in memory, by one library.

    stack_peer.py ENGINE ITEMS.json CASE.json [OUT.npy]

ENGINE is odc (odc.stac.load with Dask), odc-eager (the same without), stackstac (uint16 kept, which is its frugal way), rasterio (merge, through WarpedVRT where
the CRS differs) or exact (rasterio with GDAL's approximation of the warp switched off: what pixels are held to). The last line of its output is JSON: seconds of
importing, and from there to the array.
"""
import json
import os
import sys
import time

os.environ |= {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif"}
engine, items_file, case_file, *out = sys.argv[1:]
case = json.load(open(case_file))
THREADS = os.cpu_count()


def odc(chunks):
    import dask
    import odc.stac
    import pystac
    from odc.geo.geobox import GeoBox

    odc.stac.configure_rio(cloud_defaults=True)
    dask.config.set(scheduler="threads", num_workers=THREADS)
    key = case["asset"]

    def work():
        items = list(pystac.ItemCollection.from_file(items_file))
        box = GeoBox.from_bbox(tuple(case["bounds"]), crs=case["crs"], resolution=case["resolution"], tight=True)
        how = {"chunks": {"x": 2048, "y": 2048}} if chunks else {"pool": THREADS}
        return odc.stac.load(items, bands=[key], geobox=box, groupby="time", **how)[key].isel(time=0).compute().values

    return work


def stackstac():
    import dask
    import numpy as np
    import pystac
    import stackstac

    dask.config.set(scheduler="threads", num_workers=THREADS)

    def work():
        items = pystac.ItemCollection.from_file(items_file)
        frame = {"epsg": int(case["crs"].split(":")[1]), "resolution": case["resolution"], "bounds": case["bounds"], "snap_bounds": False}
        layers = stackstac.stack(items, assets=[case["asset"]], dtype=np.dtype("uint16"), fill_value=np.uint16(0), rescale=False, **frame)
        return stackstac.mosaic(layers, dim="time", nodata=0).squeeze("band").compute().values

    return work


def rasterio(tolerance):
    import contextlib

    import rasterio
    from rasterio.merge import merge
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    left, bottom, right, top = case["bounds"]
    step = case["resolution"]
    grid = {"crs": case["crs"], "transform": from_origin(left, top, step, step), "width": round((right - left) / step), "height": round((top - bottom) / step)}

    def work():
        hrefs = [f["assets"][case["asset"]]["href"] for f in json.load(open(items_file))["features"]]
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(rasterio.open(href)) for href in hrefs]
            warped = [d if d.crs.to_string() == case["crs"] else stack.enter_context(WarpedVRT(d, **grid, tolerance=tolerance)) for d in opened]
            return merge(warped, bounds=tuple(case["bounds"]), res=step, nodata=0)[0][0]

    return work


ENGINES = {
    "odc": lambda: odc(True),
    "odc-eager": lambda: odc(False),
    "stackstac": stackstac,
    "rasterio": lambda: rasterio(0.125),
    "exact": lambda: rasterio(1e-9),
}

began = time.perf_counter()
work = ENGINES[engine]()
imported = time.perf_counter()
array = work()
done = time.perf_counter()
if out:
    import numpy as np

    np.save(out[0], array)
print(json.dumps({"import": imported - began, "inner": done - imported, "shape": list(array.shape), "type": str(array.dtype)}))
