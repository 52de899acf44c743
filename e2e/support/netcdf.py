"""NetCDF files made for a test, and what became of them."""
import netCDF4
import numpy as np
import rasterio


def lonlat(path, variables, lon=None, lat=None, format="NETCDF4", dims=("lat", "lon"), **extra):
    """A file on longitudes and latitudes; `variables`: name -> (values, attributes, options of createVariable)."""
    lon = np.arange(10.0, 20.0) if lon is None else np.asarray(lon)
    lat = np.arange(50.0, 44.0, -1) if lat is None else np.asarray(lat)
    with netCDF4.Dataset(path, "w", format=format) as file:
        for name, values, units in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createDimension(name, len(values))
            file.createVariable(name, values.dtype, (name,))[:] = values
            file[name].units = units
        for name, size in extra.items():
            file.createDimension(name, size)
        for name, (values, attributes, options) in variables.items():
            attributes = dict(attributes)
            fill = {"fill_value": attributes.pop("_FillValue")} if "_FillValue" in attributes else {}
            shape = dims if np.ndim(values) == 2 else (*extra, *dims)
            variable = file.createVariable(name, np.asarray(values).dtype, shape, **fill, **options)
            variable.setncatts(attributes)
            variable.set_auto_maskandscale(False)
            variable[:] = values
    return path


def projected(path, mapping, spelled="grid_mapping", units="m", step=1000.0):
    """A file on x and y whose CRS the attributes `mapping` describe."""
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("y", 8), ("x", 9)):
            file.createDimension(name, size)
            values = step * (np.arange(size) if name == "x" else size - np.arange(size))
            file.createVariable(name, "f8", (name,))[:] = values
            file[name].setncatts({"standard_name": f"projection_{name}_coordinate", "units": units})
        file.createVariable("v", "f4", ("y", "x"))[:] = 1
        if spelled == "grid_mapping":
            file.createVariable("crs", "i4", ()).setncatts(mapping)
            file["v"].grid_mapping = "crs"
        elif spelled == "extended":
            file.createVariable("other", "i4", ()).setncatts({"grid_mapping_name": "latitude_longitude"})
            file.createVariable("crs", "i4", ()).setncatts(mapping)
            file["v"].grid_mapping = "other: lat lon crs: x y"
        elif spelled == "habit":
            file.createVariable("spatial_ref", "i4", ()).setncatts(mapping)
        elif spelled == "variable":
            file["v"].setncatts(mapping)
        else:
            file.setncatts(mapping)
    return path


def cog(swath, source, *flags, name="out.tif"):
    out = source.with_name(name)
    swath("cog", source, out, "--overwrite", *flags)
    return rasterio.open(out)


def stored(path, name="v"):
    with netCDF4.Dataset(path) as file:
        file[name].set_auto_maskandscale(False)
        return file[name][:]
