// Counter-based random numbers: Philox 4x32-10, whose n-th value is a function of (seed, stream, n).
//
// Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011).
#pragma once

#include "variant.h"

/// The bijection itself: four words of counter, two of key.
void lk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t result[4]);

/// out[i] = offset + scale * uniform in [0, 1) with 24 bits, of number first + i of (seed, stream).
void lk_random_uniform(
    uint64_t seed, uint64_t stream, uint64_t first, lk_int count, float offset, float scale,
    float *out);

/// out[i] = offset + scale * (sum of 12 uniforms - 6), close to normal; the sum is exact, so its
/// bits are the same everywhere.
void lk_random_normal(
    uint64_t seed, uint64_t stream, uint64_t first, lk_int count, float offset, float scale,
    float *out);
