"""Independent twin of engine/core/random.cpp: the bits of named streams, from hashlib and integer arithmetic alone.

PCG64 = PCG-XSL-RR 128/64 (O'Neill 2014): 128-bit LCG with multiplier 47026247687942121848144207491837523525, output
rotr64(high ^ low, state >> 122) of the state AFTER its step, seeded as state = (seed + inc) * mult + inc with
inc = 2 * stream + 1.
"""
import hashlib

M128, M64 = (1 << 128) - 1, (1 << 64) - 1
MULT = 47026247687942121848144207491837523525


def name_bytes(seed=0, purpose="", realisation=-1, clump=-1, band=""):
    u64 = lambda v: (v & M64).to_bytes(8, "little")
    return u64(seed) + u64(len(purpose)) + purpose.encode() + u64(realisation) + u64(clump) + band.encode()


def pcg64(name, count):
    digest = hashlib.sha256(name).digest()
    seed, stream = int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:], "big")
    inc = (2 * stream + 1) & M128
    state = ((seed + inc) * MULT + inc) & M128
    out = []
    for _ in range(count):
        state = (state * MULT + inc) & M128
        word, rot = ((state >> 64) ^ state) & M64, state >> 122
        out.append(((word >> rot) | (word << ((-rot) & 63))) & M64)
    return out


if __name__ == "__main__":
    for value in pcg64(name_bytes(0, "noise", 3, -1, "F150W"), 2) + pcg64(name_bytes(42, "population", 0, 7), 1):
        print(f"{value}u")
