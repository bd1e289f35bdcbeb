// Philox 4x32-10. Integers and exact sums only, so all variants agree.
#ifndef LK_PASS
#define LK_FILE "random.c"
#include "each_variant.h"
#else

#define philox_rounds LK_(philox_rounds)
LK_INLINE void philox_rounds(uint32_t c[4], uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c[0] * 0xD2511F53u, p1 = (uint64_t)c[2] * 0xCD9E8D57u;
        uint32_t c1 = c[1], c3 = c[3];
        c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c[3] = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/// Block `index` of (seed, stream): the seed is the key, index and stream are the counter.
#define block LK_(philox_block)
LK_INLINE void block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t c[4]) {
    c[0] = (uint32_t)index;
    c[1] = (uint32_t)(index >> 32);
    c[2] = (uint32_t)stream;
    c[3] = (uint32_t)(stream >> 32);
    philox_rounds(c, (uint32_t)seed, (uint32_t)(seed >> 32));
}

LK_KERNEL(
    philox, (const uint32_t counter[4], const uint32_t key[2], uint32_t result[4]),
    (counter, key, result)) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    philox_rounds(c, key[0], key[1]);
    for (int i = 0; i < 4; i++) result[i] = c[i];
}

LK_KERNEL(
    random_uniform,
    (uint64_t seed, uint64_t stream, uint64_t first, lk_int count, float offset, float scale,
     float *out),
    (seed, stream, first, count, offset, scale, out)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) {
        uint32_t c[4];
        block(seed, stream, first + (uint64_t)i, c);
        out[i] = offset + scale * ((float)(c[0] >> 8) * 0x1p-24f);
    }
}

LK_KERNEL(
    random_normal,
    (uint64_t seed, uint64_t stream, uint64_t first, lk_int count, float offset, float scale,
     float *out),
    (seed, stream, first, count, offset, scale, out)) {
    // Sums of 64 values at a time: the loop over values is the inner one, so that it vectorises.
    for (lk_int i0 = 0; i0 < count; i0 += 64) {
        lk_int n = count - i0 < 64 ? count - i0 : 64;
        uint64_t sums[64] = {0};
        for (uint64_t part = 0; part < 3; part++) {
            LK_INDEPENDENT
            for (lk_int i = 0; i < n; i++) {
                uint32_t c[4];
                block(seed, stream, 3 * (first + (uint64_t)(i0 + i)) + part, c);
                sums[i] += (uint64_t)c[0] + c[1] + c[2] + c[3];
            }
        }
        for (lk_int i = 0; i < n; i++) {
            float normal = (float)((double)(int64_t)sums[i] * 0x1p-32 - 6.0);
            out[i0 + i] = offset + scale * normal;
        }
    }
}

#undef philox_rounds
#undef block
#endif
