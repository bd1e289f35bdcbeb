// XXH3 for processors with AVX2; hash.c chooses.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define XXH_INLINE_ALL
#define XXH_VECTOR 2  // XXH_AVX2, which the header names only once it is included
#include <xxhash.h>

void lk_hash128_avx2(
    const void *bytes, ptrdiff_t count, uint64_t seed, uint64_t *high, uint64_t *low) {
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, (size_t)count, seed);
    *high = hash.high64;
    *low = hash.low64;
}
#pragma clang attribute pop
#endif
