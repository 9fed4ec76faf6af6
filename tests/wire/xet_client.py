"""The official client in a process of its own: `python xet_client.py '[endpoint, token, deed, arguments]'`."""

import json
import sys
import time

import hf_xet


def upload(endpoint, token, paths):
    found = hf_xet.upload_files(paths, endpoint, (token, int(time.time()) + 3600), None, None, None)
    return [[one.hash, one.file_size] for one in found]


def download(endpoint, token, files):
    wanted = [hf_xet.PyXetDownloadInfo(path, name, size) for path, name, size in files]
    return hf_xet.download_files(wanted, endpoint, (token, int(time.time()) + 3600), None, None)


def parts(endpoint, token, name, size, spans):
    group = hf_xet.XetSession().new_download_stream_group(endpoint, token, int(time.time()) + 3600)
    info = hf_xet.XetFileInfo(name, size)
    return [b"".join(group.download_stream(info, start, end)).hex() for start, end in spans]


if __name__ == "__main__":
    endpoint, token, deed, arguments = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps({"upload": upload, "download": download, "parts": parts}[deed](endpoint, token, *arguments)))
