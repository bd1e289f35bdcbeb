// The library as its header gives it, compiled for the portable variant; hash_avx2.c holds the other one.
// A distribution's binary of it is built for the oldest processor and hashes at a third of the speed.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "include/hash.h"

#if defined(__x86_64__)
void lk_hash128_avx2(const void *bytes, lk_int count, uint64_t seed, uint64_t *high, uint64_t *low);
#endif

void lk_hash128(const void *bytes, lk_int count, uint64_t seed, uint64_t *high, uint64_t *low) {
#if defined(__x86_64__)
    if (lk_variant_selected() != LK_PORTABLE) {
        lk_hash128_avx2(bytes, count, seed, high, low);
        return;
    }
#endif
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, (size_t)count, seed);
    *high = hash.high64;
    *low = hash.low64;
}
