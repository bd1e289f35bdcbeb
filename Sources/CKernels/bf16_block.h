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

enum { LK_BF16_STEM_ROWS = 14 };

/// sums[16 i + n] (+)= sum over l < lines and r < count of two pairs, line[l][at + ...], times the pairs b[16 (l count + r) +
/// n], the first for even n and the second for odd n, for i < m <= LK_BF16_STEM_ROWS. The pairs are STEP words apart by i
/// and one by r, or, if `along`, one by i and STEP by r.
typedef void lk_bf16_stem_rows(
    lk_int m, int along, lk_int lines, const uint64_t *const *line, lk_int at, lk_int count,
    const uint32_t *b, float *sums, int load);

lk_bf16_stem_rows lk_bf16_stem_rows_emulated;

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
