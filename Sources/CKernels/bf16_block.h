// What the files of the bf16 products share: the inner kernel, and rounding.
#pragma once

#include "include/bf16.h"

enum {
    /// Pairs from one row of a gathered block to the next: not a power of two, which would share few places
    /// of the cache.
    ROW_PAIRS = LK_BF16_DEPTH / 2 + 16
};

/// rows[i][n] (+)= sum over p of the pair a(i, p) times the pair b[p * LK_BF16_COLUMNS + n], for i < m <= LK_BF16_ROWS
/// and n < columns, 16 or 32. `a` is by rows, ROW_PAIRS apart, or `by_pairs`, LK_BF16_CHANNELS apart.
typedef void lk_bf16_block(
    lk_int m, lk_int columns, lk_int pairs, int by_pairs, const uint32_t *a, const uint32_t *b,
    float *const *rows, int load);

lk_bf16_block lk_bf16_block_emulated;

/// to[i] = (even[i], odd[i]) as a pair of bf16; `odd` null stands for zeros. `count` is a multiple of 16.
typedef void lk_bf16_interleave(
    lk_int count, const float *even, const float *odd, uint32_t *to);

lk_bf16_interleave lk_bf16_interleave_emulated;
void lk_bf16_round_emulated(lk_int count, const float *from, lk_bf16 *to);

/// VCVTNEPS2BF16 of one value.
static inline uint32_t lk_bf16_bits(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    const uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude < 0x00800000u) return bits >> 31 << 15;
    if (magnitude > 0x7F800000u) return bits >> 16 | 0x40u;
    return (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
}
