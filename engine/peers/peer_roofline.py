"""Read bandwidth of this machine, measured in the same rounds as the engines.

    python peer_roofline.py BYTES THREADS

A block of BYTES is divided among the threads. Each reads its part repeatedly (roofline.c), without synchronization
between the passes; no engine can be faster. The answer to a request {"seconds": s} is {"bytes_per_second": best}, the
best of four orders of reading with s seconds each. """

import ctypes
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np

from peer import reply

STREAMS = (1, 2, 4, 8)
UNIT = 2048  # bytes; roofline.c requires a multiple of this


def compile_reader() -> ctypes.CDLL:
    source = Path(__file__).with_name("roofline.c")
    with tempfile.TemporaryDirectory() as scratch:
        library = Path(scratch) / "roofline.so"
        subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", source, "-o", library], check=True)
        return ctypes.CDLL(str(library))


class Roofline:
    def __init__(self, size: int, threads: int):
        self.read_block = compile_reader().read_block
        self.read_block.argtypes = [ctypes.c_void_p] + [ctypes.c_size_t] * 3
        self.part = size // threads // UNIT * UNIT
        self.memory = np.ones(self.part * threads + 64, np.uint8)
        start = (self.memory.ctypes.data + 63) // 64 * 64
        self.parts = [start + thread * self.part for thread in range(threads)]
        self.pool = ThreadPoolExecutor(threads)

    def seconds(self, streams: int, passes: int) -> float:
        """Seconds of `passes` passes. ctypes releases the interpreter lock, so the parts are read in parallel."""
        start = perf_counter()
        list(self.pool.map(lambda part: self.read_block(part, self.part, streams, passes), self.parts))
        return perf_counter() - start

    def bytes_per_second(self, seconds: float) -> float:
        size, best = self.part * len(self.parts), 0.0
        for streams in STREAMS:
            passes = max(1, round(seconds / self.seconds(streams, 1)))
            best = max(best, size * passes / self.seconds(streams, passes))
        return best


if __name__ == "__main__":
    roofline = Roofline(int(sys.argv[1]), int(sys.argv[2]))
    reply({"ready": True})
    for line in sys.stdin:
        reply({"bytes_per_second": roofline.bytes_per_second(json.loads(line)["seconds"])})
