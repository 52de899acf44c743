"""Uploads a folder with obstore, sixteen files at once: obstore_put.py FOLDER CONTAINER-URL; the SAS is in AZURE_STORAGE_SAS_TOKEN."""
import asyncio
import os
import pathlib
import sys

import obstore
from obstore.store import AzureStore


async def main(folder, url):
    endpoint, account, container = url.rsplit("/", 2)
    token = os.environ["AZURE_STORAGE_SAS_TOKEN"]
    store = AzureStore(container, account_name=account, endpoint=f"{endpoint}/{account}", sas_key=token, client_options={"allow_http": True})
    gate = asyncio.Semaphore(16)

    async def one(path):
        async with gate:
            await obstore.put_async(store, f"maps/{path.relative_to(folder)}", path)

    await asyncio.gather(*(one(path) for path in sorted(folder.rglob("*")) if path.is_file()))


asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
